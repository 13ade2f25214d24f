"""The files and folders that people have: each is read right, or refused in one line that helps.

A table of cases, each made by code. `pytest -k read` runs the one half, `-k refused` the other.
"""

import csv
import gzip
import io
import json
import re
import sys
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from small import as_folder, as_tar, as_zip, picture

from fer_lib.data import cache
from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.set_name import with_classes
from fer_lib.errors import UserError
from fer_lib.loading import load_faces

LABELS, PARTS = np.tile(np.arange(7), 3), np.repeat([0, 1, 2], 7)
IMAGES = np.random.default_rng(0).integers(0, 256, (21, 48, 48), dtype=np.uint8)
NAMES = np.array(EXPRESSIONS)[LABELS]
SPLIT, WHOLE = "split", "whole"  # read, each face in its split; or without splits
WORDS = np.array(["train", "val", "test"])[PARTS]
USAGE = np.array(["Training", "PublicTest", "PrivateTest"])[PARTS]
AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger")


FACE = picture(IMAGES[0])


SPLITS = ("train", "val", "test")


def pictures(name, splits=SPLITS, kind="PNG", mode="L"):
    """Each face as a file of a name with {c} its class, {n} its number, {s} its split, {i}."""
    return {
        name.format(c=NAMES[i], n=LABELS[i], i=i, s=splits[PARTS[i]], u=USAGE[i]): (
            picture(image, kind, mode)
        )
        for i, image in enumerate(IMAGES)
    }


def text(header, rows, separator=",", quoting=csv.QUOTE_MINIMAL, end="\n"):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue().encode()


PIXELS = [" ".join(map(str, image.ravel())) for image in IMAGES]
FER2013 = text("emotion,pixels,Usage", zip(LABELS, PIXELS, USAGE, strict=True))
BARE = text("emotion,pixels", zip(LABELS, PIXELS, strict=True))


def part(header, labels, number):
    chosen = np.flatnonzero(number == PARTS)
    return text(header, [(labels[i], PIXELS[i]) for i in chosen])


def alone(name, data):
    return lambda path: as_folder(path, {name: data}) / name


def folder(files):
    return lambda path: as_folder(path / "set", files)


def zipped(files):
    return lambda path: as_zip(path / "set.zip", files)


def tarred(files):
    return lambda path: as_tar(path / "set.tar.gz", files)


def windows(path):
    """A zip as some programs on Windows write it, with backslashes in the names."""
    made = zipped(pictures("{s}/{c}/{i}.png"))(path)
    data = made.read_bytes()
    for name in zipfile.ZipFile(made).namelist():
        data = data.replace(name.encode(), name.replace("/", "\\").encode())
    made.write_bytes(data)
    return made


def competition(beside, name="fer2013.tar.gz", write=as_tar, inner=None):
    """The old competition's download: an archive and an example of a submission."""

    def make(path):
        archive = write(path / "inner", inner or {"fer2013/fer2013.csv": FER2013}).read_bytes()
        return as_zip(path / "set.zip", beside | {name: archive})

    return make


def cut(make, share):
    def made(path):
        found = make(path)
        found.write_bytes(found.read_bytes()[: int(share * found.stat().st_size)])
        return found

    return made


def with_beside(make, files):
    """A lone file as `make` writes it, and others in the same folder."""

    def made(path):
        as_folder(path, files)
        return make(path)

    return made


def array(save):
    buffer = io.BytesIO()
    save(buffer, IMAGES)
    return buffer.getvalue()


def huggingface(path, names=EXPRESSIONS, labels=LABELS, parts=2, form="{}-{:05}-of-{:05}-ab12cd"):
    """data/train-00000-of-00002.parquet and so on, as `datasets` writes them."""
    features = {"image": {"_type": "Image"}, "label": {"names": [*names], "_type": "ClassLabel"}}
    info = {"huggingface": json.dumps({"info": {"features": features if names else {}}})}
    (path / "set/data").mkdir(parents=True)
    for number, split in enumerate(("train", "validation", "test")):
        for k, own in enumerate(np.array_split(np.flatnonzero(number == PARTS), parts)):
            columns = {
                "image": [{"bytes": picture(IMAGES[i]), "path": f"{i}.png"} for i in own],
                "label": labels[own],
            }
            table = pa.table(columns).replace_schema_metadata(info)
            name = form.format(split, k, parts)
            parquet.write_table(table, path / f"set/data/{name}.parquet")
    return path / "set"


def as_parquet(path):
    """fer2013.csv, as pandas would store it."""
    columns = {"emotion": LABELS, "pixels": PIXELS, "Usage": USAGE}
    parquet.write_table(pa.table(columns), path / "fer.parquet")
    return path / "fer.parquet"


HTML, LFS = b"<!DOCTYPE html>\n<html>Log in", b"version https://git-lfs.github.com/spec/v1\noid sha"
IN_AFFECTNETS_ORDER = {"classes.txt": "\n".join(AFFECTNET).encode()}
AFFECT = {"angry": 6, "disgust": 5, "fear": 4, "happy": 1, "sad": 2, "surprise": 3, "neutral": 0}
AFFECT_NUMBERS = np.array([AFFECT[name] for name in NAMES])
ROWS = list(zip(WORDS, AFFECT_NUMBERS, IMAGES, strict=True))
GERMAN = ("Wut", "Ekel", "Angst", "Freude", "Trauer", "Staunen", "Neutralität")
pictures_in_german = {
    f"{GERMAN[y]}/{i}.png": picture(image)
    for i, (y, image) in enumerate(zip(LABELS, IMAGES, strict=True))
}
affectnet = {f"{s}/{n}/{i}.png": picture(image) for i, (s, n, image) in enumerate(ROWS)}
AGAIN = r"cannot be read \(.*; download or pack it again"
ODD = picture(255 - IMAGES[0])

CASES = {
    # csv, and what spreadsheets make of it
    "fer2013.csv": (alone("fer2013.csv", FER2013), SPLIT),
    "fer2013.csv called faces.txt": (alone("faces.txt", FER2013), SPLIT),
    "fer2013.csv called .zip": (alone("faces.zip", FER2013), SPLIT),
    "icml_face_data.csv": (alone("icml_face_data.csv", text("emotion, Usage, pixels", zip(
        LABELS, USAGE, PIXELS, strict=True))), SPLIT),
    "csv, emotion and pixels": (alone("train.csv", BARE), WHOLE),
    "csv, label and feature": (alone("train.csv", text("label,feature", zip(
        LABELS, PIXELS, strict=True))), WHOLE),
    "csv with semicolons": (alone("f.csv", text("emotion,pixels,Usage", zip(
        LABELS, PIXELS, USAGE, strict=True), ";")), SPLIT),
    "csv with tabs": (alone("f.csv", text("emotion,pixels,Usage", zip(
        LABELS, PIXELS, USAGE, strict=True), "\t")), SPLIT),
    "tsv in a folder": (folder({"f.tsv": text("emotion,pixels,Usage", zip(
        LABELS, PIXELS, USAGE, strict=True), "\t")}), SPLIT),
    "csv from Windows": (alone("f.csv", b"\xef\xbb\xbf" + FER2013.replace(b"\n", b"\r\n")), SPLIT),
    "csv with quotes": (alone("f.csv", text("emotion,pixels,Usage", zip(
        LABELS, PIXELS, USAGE, strict=True), quoting=csv.QUOTE_ALL)), SPLIT),
    "csv with an index": (alone("f.csv", text(",emotion,pixels,Usage", zip(
        range(21), LABELS, PIXELS, USAGE, strict=True))), SPLIT),
    "csv with names of classes": (alone("f.csv", text("label,pixels", zip(
        NAMES, PIXELS, strict=True))), WHOLE),
    "csv with Happiness and Anger": (alone("f.csv", text("Emotion,Pixels", [
        ({"happy": "Happiness", "angry": "Anger"}.get(n, n.title()), p)
        for n, p in zip(NAMES, PIXELS, strict=True)])), WHOLE),
    "csv, train, val and test as usage": (alone("f.csv", text("emotion,usage,pixels", zip(
        LABELS, WORDS, PIXELS, strict=True))), SPLIT),
    "csv, split as usage": (alone("f.csv", text("emotion,split,pixels", zip(
        LABELS, WORDS, PIXELS, strict=True))), SPLIT),
    "csv, phase as usage": (alone("f.csv", text("emotion,phase,pixels", zip(
        LABELS, WORDS, PIXELS, strict=True))), "the column 'phase' tells a split; call it Usage"),
    "csv, a column a pixel": (alone("f.csv", text(
        ",".join(["label", *(f"pixel{i}" for i in range(2304))]),
        [[y, *image.ravel()] for y, image in zip(LABELS, IMAGES, strict=True)])), WHOLE),
    "csv, a column a pixel, numbered from 1": (alone("f.csv", text(
        ",".join([*(f"pixel_{i}" for i in range(1, 2305)), "emotion"]),
        [[*image.ravel(), y] for y, image in zip(LABELS, IMAGES, strict=True)])), WHOLE),
    "csv, pixels from 0 to 1": (alone("f.csv", text("emotion,pixels", [
        (y, " ".join(f"{v:.6f}" for v in image.ravel() / 255))
        for y, image in zip(LABELS, IMAGES, strict=True)])), WHOLE),
    "csv, pixels as a list": (alone("f.csv", text("emotion,pixels", [
        (y, str(image.ravel().tolist())) for y, image in zip(LABELS, IMAGES, strict=True)])),
        WHOLE),
    "csv, pixels with commas": (alone("f.csv", text("emotion,pixels", [
        (y, pixels.replace(" ", ",")) for y, pixels in zip(LABELS, PIXELS, strict=True)])), WHOLE),
    "a csv a split": (folder({f"{s}.csv": part("emotion,pixels", LABELS, k)
                              for k, s in enumerate(("train", "val", "test"))}), SPLIT),
    "a csv a split in a zip": (zipped({f"fer/{s}.csv": part("label,pixels", NAMES, k)
                               for k, s in enumerate(("training", "validation", "test"))}), SPLIT),
    "two csv of one split": (folder({"a.csv": BARE, "b.csv": BARE}), "could each be meant"),
    "csv of another label": (alone("f.csv", BARE.replace(b"\n3,", b"\n9,")), "unknown label '9'"),
    "csv without labels": (alone("test.csv", text("pixels", [[p] for p in PIXELS])),
                           "no label column"),
    "csv, labels called a": (alone("f.csv", BARE.replace(b"emotion", b"a")),
                             "among the columns a and pixels; call the one that holds"),
    "images,expression": (folder(pictures("images/{i}.png") | {"list.csv": text(
        "images,expression", [(f"{i}.png", name) for i, name in enumerate(NAMES)])}), WHOLE),
    "file,class,target": (folder(pictures("images/{i}.png") | {"list.csv": text(
        "file,class,target", [(f"{i}.png", name, name) for i, name in enumerate(NAMES)])}),
        "columns file, class and target, and no class .* or call its columns image and label$"),
    "csv of other columns": (alone("f.csv", b"a,b\n1,2\n"), "missing column; needed are"),
    "csv of 64 × 64 pixels": (alone("f.csv", text("emotion,pixels", [(0, "0 " * 4096)])),
                              "4096 pixels; 2304"),
    "csv in UTF-16": (alone("f.csv", BARE.decode().encode("utf-16")), "save it as UTF-8"),
    "csv cut off": (alone("f.csv", FER2013[:-500]), r"line 22: \d+ (columns|pixels)"),
    "csv, packed by gzip": (alone("fer2013.csv.gz", gzip.compress(FER2013)), "unpack it first"),
    "empty csv": (alone("f.csv", b""), "empty; a header and rows are needed"),
    # pictures and a table beside them
    "image,label beside images/": (folder(pictures("images/{i}.png") | {"labels.csv": text(
        "image,label", [(f"{i}.png", name) for i, name in enumerate(NAMES)])}), WHOLE),
    "images/1.png,happy": (folder(pictures("images/{i}.png") | {"labels.csv": text(
        "filename,label", [(f"images/{i}.png", name) for i, name in enumerate(NAMES)])}), WHOLE),
    "path,label beside images/": (folder(pictures("images/{i}.png") | {"labels.csv": text(
        "path,label", [(f"images/{i}.png", name) for i, name in enumerate(NAMES)])}), WHOLE),
    "train/1.png,happy, with a split": (folder(pictures("{s}/{n}.png") | {"labels.csv": text(
        "path,label", [(f"{s}\\{EXPRESSIONS.index(c)}.png", c)
                       for s, c in zip(WORDS, NAMES, strict=True)])}), SPLIT),
    "test_1.jpg,happy": (folder(pictures("images/{s}_{i}.png") | {"labels.csv": text(
        "image,label", [(f"{s}_{i}.png", c) for i, (s, c) in enumerate(zip(
            WORDS, NAMES, strict=True))])}), SPLIT),
    "name,label,split beside images/": (folder(pictures("images/{i}.png") | {"labels.csv": text(
        "file_name,label,split", zip(map("{}.png".format, range(21)), NAMES, WORDS, strict=True))}),
        SPLIT),
    "one table, and pictures without a row in test/": (folder(
        pictures("train/{i}.png") | {"test/0.png": ODD, "labels.csv": text(
            "id,label", enumerate(LABELS))}), WHOLE),
    "a table a split": (folder(pictures("{s}/images/{n}.png") | {f"{s}/labels.csv": text(
        "image,label", [(f"{n}.png", n) for n in range(7)]) for s in SPLITS}), SPLIT),
    "the course's train.csv": (folder(pictures("train_img/{i:05}.png") | {
        "train.csv": text("id,label", enumerate(LABELS))}), WHOLE),
    "ids with dots": (folder(pictures("images/face.{i}.v2.png") | {"labels.csv": text("id,label", [
        (f"face.{i}.v2", label) for i, label in enumerate(LABELS)])}), WHOLE),
    "a table with a picture too few": (folder({"images/0.png": FACE, "labels.csv": text(
        "image,label", [("0.png", 0), ("1.png", 1)])}), "has the id 1.png and no picture has"),
    "ids and labels without pictures": (folder({"labels.csv": text("id,label", enumerate(LABELS))}),
                                        "no picture; give the folder of both"),
    "pictures without a class": (folder(pictures("{i}.png")), "no class folder; sort them into"),
    "RAF-DB as it comes": (folder(pictures("Image/aligned/{s}_{i:05}_aligned.png") | {
        "EmoLabel/list_patition_label.txt": b"train_00001.jpg 5\n"}), "no class folder; sort them"),
    # folders of classes
    "class folders": (folder(pictures("{c}/{i}.png")), WHOLE),
    "class folders in capitals": (zipped({
        name.upper(): data for name, data in pictures("set/{c}/{i}.png").items()}), WHOLE),
    "train, val and test": (folder(pictures("{s}/{c}/{i}.png")), SPLIT),
    "Kaggle's pictures": (zipped(pictures(
        "set/{s}/{c}/{u}_{i}.png", ("train", "test", "test"))), SPLIT),
    **{f"{a}, {b} and {c}": (folder(pictures("{s}/{c}/{i}.png", (a, b, c))), SPLIT)
       for a, b, c in (("train_set", "val_set", "test_set"), ("train", "eval", "test"),
                       ("train", "dev", "test"), ("data_train", "data_val", "data_test"),
                       ("train", "holdout", "test"), ("Training", "PublicTest", "PrivateTest"),
                       ("FER2013Train", "FER2013Valid", "FER2013Test"))},
    "class above split": (folder(pictures("{c}/{s}/{i}.png")), SPLIT),
    "split below a folder of images": (folder(pictures("data/images/{s}/{c}/{i}.png")), SPLIT),
    "names of files tell the split": (folder(pictures("{c}/{s}_{i:04}.png")), SPLIT),
    "train beside unseen": (folder(pictures("{s}/{c}/{i}.png", ("train", "unseen", "test"))),
                            "is unseen/ for training or for testing"),
    "the same pictures twice": (folder(pictures("images/{c}/{i}.png")
                                       | pictures("images/images/{c}/{i}.png")), "for training or"),
    "a class that is none": (folder(pictures("{c}/{i}.png") | {"joyful/1.png": ODD}),
                             "joyful/1.png: unknown class folder"),
    "eight classes": (folder(pictures("{s}/{c}/{i}.png") | {"train/contempt/1.png": ODD}),
                      "contempt/1.png: unknown class folder.*leave it out by --drop 'contempt'"),
    "folders 0 to 6": (folder(pictures("{n}/{i}.png")), WHOLE),
    "folders 0 to 6 and classes.txt": (folder(affectnet | IN_AFFECTNETS_ORDER), SPLIT),
    "folders 0 to 7": (folder(affectnet | {"train/7/a.png": ODD}),
                       "7/a.png: unknown class folder '7'.*classes.txt.*AffectNet's are 0 neut.*, "
                       "7 contempt, of which --drop contempt leaves out the last; .* --drop 7$"),
    "folders 1 to 7": (folder({f"{n + 1}/{n}.png": FACE for n in range(7)}), r"classes\.txt"),
    "folders 1 to 6": (folder({f"{n}/{n}.png": FACE for n in range(1, 7)}), "no 0; what others"),
    "a folder of other things": (folder({"README": b"a", "COPYING": b"b"}), "no csv and no"),
    "no such folder": (lambda path: path / "none", "no such file or folder"),
    # numbers and words that may mean another order
    "csv, 1 to 7": (alone("f.csv", text("label,pixels", zip(LABELS + 1, PIXELS, strict=True))),
                    "line 8: unknown label '7'.*classes.txt.*RAF-DB's are 1 surprise, 2 fear"),
    "csv, 1 to 6": (alone("f.csv", text("label,pixels", [
        (y + 1, x) for y, x in zip(LABELS, PIXELS, strict=True) if y < 6])),
        r"numbered labels and no 0; .* classes\.txt, a line .*: RAF-DB's are 1"),
    "table, 1 to 6": (folder(pictures("images/{i}.png") | {"labels.csv": text(
        "image,label", [(i, y or 6) for i, y in enumerate(LABELS)])}), "numbered labels and no 0"),
    "csv, 0 to 7": (alone("f.csv", BARE + f"7,{PIXELS[0]}\n".encode()),
                    "line 23: unknown label '7'.*classes.txt.*AffectNet's are 0 neutral, 1 happy"),
    "csv, numbers beside words of another order": (alone("f.csv", text(
        "emotion,emotion_name,pixels", zip(AFFECT_NUMBERS, NAMES, PIXELS, strict=True))),
        "line 2: label 6 is read as neutral, and the column 'emotion_name' says angry; keep that"),
    "table, numbers beside words of another order": (folder(pictures("images/{i}.png") | {
        "labels.csv": text("image,label,split,name", zip(
            range(21), AFFECT_NUMBERS, WORDS, NAMES, strict=True))}),
        "line 2: label 6 is read as neutral, and the column 'name' says angry"),
    "csv, numbers beside the same words": (alone("f.csv", text(
        "emotion,emotion_name,other,pixels,Usage", zip(
            LABELS, np.char.title(NAMES), np.sort(NAMES), PIXELS, USAGE, strict=True))), SPLIT),
    "folders 0 to 6 and labels.txt": (folder(
        affectnet | {"labels.txt": "\n".join(AFFECTNET).encode()}),
        r"labels\.txt: 0 is neutral there, .*; say which is right .* with lines like '0 n"),
    **{f"folders 0 to 6 and class_names.json as {kind}": (folder(
        affectnet | {"class_names.json": json.dumps(told).encode()}),
        r"class_names\.json: [06] is (neutral|angry) there, .*; say which is right in a file cl")
       for kind, told in (("a list", {"names": AFFECTNET}), ("names", AFFECT),
                          ("numbers", {n: name for name, n in AFFECT.items()}))},
    "folders 0 to 6 and data.yaml": (folder(affectnet | {
        "data.yaml": f"nc: 7\nnames: {list(AFFECTNET)}\n".encode()}), r"data\.yaml: 0 is neutral"),
    "folders 0 to 6 and labels.txt of FER2013": (folder(
        pictures("{n}/{i}.png") | {"labels.txt": "\n".join(EXPRESSIONS).encode()}), WHOLE),
    "folders in German and classes.txt": (folder(pictures_in_german | {"Classes.txt": "\n".join(
        f"{word}: {name}" for word, name in zip(GERMAN, EXPRESSIONS, strict=True)).encode()}),
        WHOLE),
    "csv in German": (alone("f.csv", text("label,pixels", zip(
        np.array(GERMAN)[LABELS], PIXELS, strict=True))), "line 2: unknown labels 'wut', 'ekel'"),
    "classes.txt of one's own words": (folder(
        pictures("{n}/{i}.png") | {"classes.txt": "\n".join(GERMAN).encode()}),
        r"classes\.txt: 'Wut'; each line is another number or name, and one of angry"),
    "folders 1 to 7 and classes.txt without numbers": (folder(
        {f"{n + 1}/{n}.png": FACE for n in range(7)} | IN_AFFECTNETS_ORDER),
        "unknown class folder '7'; add a line to classes.txt, .* without a number count from 0"),
    **{f"train, {a} and {b}": (folder(pictures("{s}/{c}/{i}.png", ("train", a, b))),
                               f"is {b}/ for choosing or for testing, beside {a}/. name it val")
       for a, b in (("val", "eval"), ("dev", "holdout"), ("validation", "evaluation"),
                    ("DataVal", "DataEval"))},
    "classes.txt of a word of ours": (folder(pictures_in_german | {"classes.txt": "\n".join(
        map("{}\t'{}'".format, (*GERMAN, "Neutral"), (*EXPRESSIONS, "neutral"))
        ).replace("'", "").encode()}), WHOLE),
    "classes.txt of names with blanks": (folder(pictures("{c} faces/{i}.png") | {
        "classes.txt": "\n".join(map("'{0} faces': {0}".format, EXPRESSIONS)).encode()}), WHOLE),
    "classes.txt in one line": (folder(affectnet | {"classes.txt": b"0 happy, 1 sad"}),
                                "'0 happy, 1 sad'; each line is another"),
    **{f"classes.txt in {code}": (folder(pictures_in_german | {"classes.txt": "\n".join(
        map("{} {}".format, GERMAN, EXPRESSIONS)).encode(code)}), "not UTF-8 text; save it as UTF")
       for code in ("latin-1", "utf-16")},
    "two files classes.txt": (folder({**affectnet, "train/classes.txt": b"0 happy"}
                                     | IN_AFFECTNETS_ORDER), "says another order than .*; keep"),
    "folders 00 to 06": (folder({n.replace("/", "/0", 1): x for n, x in pictures("{s}/{n}/{i}.png")
                                 .items()}), SPLIT),
    "csv, 01 to 06": (alone("f.csv", text("emotion,pixels,Usage", zip(
        map("0{}".format, LABELS), PIXELS, USAGE, strict=True))), SPLIT),
    "csv, -1 to 5": (alone("f.csv", text("emotion,pixels", zip(LABELS - 1, PIXELS, strict=True))),
                     "unknown label '-1'; .* classes.txt, .*: as '-1 angry'$"),
    "csv, 1 to 6 and FER2013's Usage": (alone("f.csv", text("emotion,pixels,Usage", [
        (y or 6, x, u) for y, x, u in zip(LABELS, PIXELS, USAGE, strict=True)])),
        "numbered labels and no 0"),
    "a csv of 0 to 6 and one of 1 to 6": (folder({
        "train.csv": BARE, "test.csv": text("emotion,pixels", [
            (y or 6, x) for y, x in zip(LABELS, PIXELS, strict=True)])}),
        r"test\.csv: labels 1 to 6, and 0 to 6 in another table"),
    "a class written wrong": (folder(pictures("{c}/{i}.png") | {"hapy/1.png": ODD}),
                              r"\(is 'hapy' happy\? rename it\); leave it out by --drop 'hapy'"),
    "unhappy": (folder(pictures("{c}/{i}.png") | {"unhappy/1.png": ODD}), "0 to 6; leave it out"),
    **{f"folders 0 to 6 and {name}": (folder(affectnet | {name: told.encode()}), said)
       for name, told, said in (
           ("README.md", ", ".join(map("{} {}".format, range(7), AFFECTNET)), "0 is neutral there"),
           ("label_map.pbtxt", "".join(map(
               "item {{ id: {} name: '{}' }}\n".format, range(7), AFFECTNET)), "0 is neutral the"),
           ("obj.names", "\n".join(AFFECTNET), "0 is neutral there"),
           ("classes.csv", "".join(map("{},{}\n".format, range(7), AFFECTNET)), "0 is neutral th"),
           ("config.json", json.dumps({"id2label": dict(enumerate(AFFECTNET))}), "0 is neutral th"),
           ("README", "happy faces, sad faces and angry faces", "README: names classes, and not"))},
    # a split told in two places, or where it is not looked for
    **{f"class folders and {name}": (folder(pictures("{c}/face{i}.png") | told),
                                     "tells the split of pictures in class folders.* sort them in")
       for name, told in (
           ("split.csv", {"split.csv": text("image,split", [
               (f"face{i}.png", word) for i, word in enumerate(WORDS)])}),
           ("train.txt", {"train.txt": b"happy/face3.png\nangry/face0.png\n"}),
           ("metadata.csv", {"metadata.csv": text("filename,emotion,Usage", [
               (f"face{i}.png", NAMES[i], USAGE[i]) for i in range(21)])}),
           ("splits.json", {"splits.json": json.dumps({"test": ["happy/face3.png"]}).encode()}))},
    "class folders and a table of ages": (folder(pictures("{c}/face{i}.png") | {
        "ages.csv": text("image,age", [(f"face{i}.png", 20) for i in range(21)])}), WHOLE),
    **{f"csv, a column {name}": (alone("f.csv", text(f"emotion,pixels,{name}", [
        (y, x, values[p]) for y, x, p in zip(LABELS, PIXELS, PARTS, strict=True)])), said)
       for name, values, said in (
           ("is_train", "100", "the column 'is_train' tells a split; call it Usage, with train"),
           ("held_out", "nny", "'held_out' tells a split"),
           ("data_type", ("trn", "vld", "tst"), "'data_type' tells a split"),
           ("test_score", "555", WHOLE), ("gender", "fmf", WHOLE))},
    "test.csv of Usage Training": (folder({
        f"{s}.csv": FER2013.replace(b"PublicTest", b"Training").replace(b"PrivateTest", b"Training")
        for s in ("train", "test")}), "test.csv: called after another split than its Us"),
    "not_train.csv": (alone("not_train.csv", BARE), "is not_train.csv for training or for testing"),
    **{f"{name} beside train": (folder(pictures("{s}/{c}/{i}.png", ("train", name, "test"))),
                                f"is {name}/ for training or for testing, beside")
       for name in ("no_train", "not_for_test", "without_val", "excluded_from_train")},
    "without_test alone": (folder(pictures("without_test/{c}/{i}.png")), "is without_test/ for tr"),
    "csv, Usage not test": (alone("f.csv", FER2013.replace(b"PrivateTest", b"not test")),
                            "usage 'not test'; allowed"),
    "a split above and below the class": (folder(
        pictures("{s}/{c}/{i}.png") | {"test/sad/train/1.png": ODD}),
        "is test and train/ for training or for testing"),
    "a table's split against the folders": (folder(pictures("{s}/{i}.png") | {
        "labels.csv": text("image,label,split", zip(range(21), NAMES, WORDS[::-1], strict=True))}),
        "labels.csv: Usage test for train/0.png; remove the column, or put the pictures into"),
    **{f"names that end in {form}": (folder(pictures(form)), SPLIT)
       for form in ("{c}/{i}_{s}.png", "{c}/{i}-{s}.png", "{c}/{c}_{s}_{i}.png")},
    **{f"{own} in {place}": (folder({
        name: x for s in SPLITS for name, x in pictures(f"{{s}}/{{c}}/{own}_{{i}}.png").items()}),
        SPLIT) for own, place in (("Training", "each folder"), ("PrivateTest", "each folder"))},
    "Kaggle's test pictures, exchanged": (folder({
        name.replace("Public", "X").replace("Private", "Public").replace("/X", "/Private"): x
        for name, x in pictures("{s}/{c}/{u}_{i}.png").items()}), SPLIT),
    "two folds": (folder({f"fold{k}/{name}": x for k in (0, 1) for name, x in pictures(
        "{s}/{c}/{i}.png", (("train", "test", "test"), ("test", "train", "train"))[k]).items()}),
        "14 of 21 test faces are also in train or validation; remove .*, or give one fold|21 of"),
    # tables that are not as they are read
    "csv, pixels called image": (alone("f.csv", text("label,image,split", zip(
        LABELS, PIXELS, WORDS, strict=True))), SPLIT),
    "csv, pixels called image, beside an id": (alone("f.csv", text("id,image,label", zip(
        range(21), PIXELS, LABELS, strict=True))), WHOLE),
    "csv without a header": (alone("f.csv", FER2013.partition(b"\n")[2]),
                             "a first line of pixels, .*; write a line like emotion,pixels,Usage"),
    "csv without a header, a column a pixel": (alone("f.csv", text("0,1,2", [
        [y, *image.ravel()] for y, image in zip(LABELS, IMAGES, strict=True)]).partition(b"\n")[2]),
        "a first line of pixels"),
    "csv, columns 0 to 2303": (alone("f.csv", text(
        ",".join(["label", *map(str, range(2304))]),
        [[y, *image.ravel()] for y, image in zip(LABELS, IMAGES, strict=True)])), WHOLE),
    "csv, columns 0 to 4095": (alone("f.csv", text(
        ",".join(["label", *map(str, range(4096))]), [[0] * 4097])), "4096 columns of pixels"),
    "csv, a column a class": (alone("f.csv", text(
        ",".join(["pixels", *EXPRESSIONS]), zip(PIXELS, *np.eye(7, dtype=int)[:, LABELS],
                                                strict=True))),
        r"no label column .* columns pixels, angry, .*a column a class; make one column label"),
    "csv, other words of usage": (alone("f.csv", FER2013.replace(b",PublicTest", b",held")),
                                  "line 9: usage 'held'; allowed are Training, .* or train, vali"),
    "csv, labels as pandas writes them": (alone("f.csv", text("emotion,pixels,Usage", zip(
        LABELS.astype(float), PIXELS, USAGE, strict=True))), SPLIT),
    "ids 2 against 00002.png": (folder(pictures("images/{i:05}.png") | {"labels.csv": text(
        "id,label", [*enumerate(LABELS), ("00021", 0)])}), "has the id 00021 and no picture has"),
    "pictures beside a table of other columns": (folder(pictures("images/{i}.png") | {
        "list.csv": b"face,feeling\n1,sad\n"}), r"21 pictures in images/, list\.csv with the "
        "columns face and feeling, and no class folder; sort them .* its columns image and label$"),
    # pictures of every kind
    "gif": (folder(pictures("{c}/{i}.gif", kind="GIF")), WHOLE),
    "bmp": (folder(pictures("{c}/{i}.bmp", kind="BMP")), WHOLE),
    "tiff": (folder(pictures("{c}/{i}.tif", kind="TIFF")), WHOLE),
    "pictures in color": (folder(pictures("{c}/{i}.png", mode="RGB")), WHOLE),
    "pictures with alpha": (folder(pictures("{c}/{i}.png", mode="RGBA")), WHOLE),
    "png called jpg": (folder(pictures("{c}/{i}.jpg")), WHOLE),
    "an empty jpg": (folder(pictures("{c}/{i}.png") | {"sad/x.jpg": b""}),
                     r"sad/x\.jpg: not a picture that opens \(empty\)"),
    "a text called jpg": (folder(pictures("{c}/{i}.png") | {"sad/x.jpg": b"hello"}),
                          r"sad/x\.jpg: not a picture that opens \(an unknown kind"),
    "a web page called jpg": (folder(pictures("{c}/{i}.png") | {"sad/x.jpg": HTML}),
                              r"sad/x\.jpg: .*a web page"),
    "git-lfs pointers called png": (folder({f"{c}/1.png": LFS for c in EXPRESSIONS}),
                                    "a git-lfs pointer.*run `git lfs pull`"),
    "HEIC": (folder({f"{c}/1.heic": b"\0\0\0\x18ftypheic" for c in EXPRESSIONS}),
             "HEIC or AVIF picture; save it as jpg or png"),
    "HEIC called jpg": (folder({"sad/1.jpg": b"\0\0\0\x18ftypheic"}), "HEIC or AVIF picture"),
    # archives
    "zip": (zipped({"fer2013/fer2013.csv": FER2013}), SPLIT),
    "tar.gz": (tarred({"fer2013/fer2013.csv": FER2013}), SPLIT),
    "zip made on a Mac": (zipped(pictures("fer/{s}/{c}/{i}.png")
                                 | {"__MACOSX/fer/train/sad/._1.png": b"x", "fer/.DS_Store": b"x"}),
                          SPLIT),
    "zip made on Windows": (windows, SPLIT),
    "the old competition": (competition({"example_submission.csv": b"id,emotion\n0,0\n"}), SPLIT),
    "a zip in a zip": (competition({}, "archive.zip", as_zip, pictures("{s}/{c}/{i}.png")), SPLIT),
    "an archive that is none": (zipped({"a.tar.gz": b"\x1f\x8b" + b"no" * 99}),
                                r"a\.tar\.gz: no tar archive that opens; unpack it first$"),
    "two archives": (zipped({"a.zip": b"PK\3\4", "b.zip": b"PK\3\4"}),
                     "2 archives inside, as a.zip; unpack each to a folder of its name, and give"),
    "zip cut off": (cut(zipped(pictures("{c}/{i}.png")), 0.5), AGAIN),
    "tar.gz cut off": (cut(tarred(pictures("{c}/{i}.png")), 0.5), AGAIN),
    "zip of zeros": (alone("f.zip", bytes(4096)), "zeros and nothing else"),
    # what has another form
    **{f"{kind} called {name}": (alone(name, data + b"\0rest" * 200), said)
       for name in ("fer2013.zip", "fer2013.csv")
       for kind, data, said in (
           ("7z", b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
           ("rar", b"Rar!\x1a\x07\x01", "a rar archive; unpack it"),
           ("web page", HTML, "a web page; download the file itself"),
           ("git-lfs pointer", LFS, "run `git lfs pull`"))},
    "npy": (alone("x.npy", array(np.save)), "a numpy array; read it with numpy.load and write"),
    "npz": (alone("x.npz", array(np.savez)), "a numpy array; read it with numpy.load and write"),
    "npy in a folder": (folder(dict.fromkeys(["x.npy", "y.npy"], array(np.save))), "a numpy array"),
    "h5": (alone("fer.h5", b"\x89HDF\r\n\x1a\n" + bytes(99)), "HDF5 file; read it with h5py"),
    "feather": (alone("x.feather", b"ARROW1" + bytes(99)), "read_feather and write it as a csv"),
    "sqlite": (alone("x.db", b"SQLite format 3" + bytes(99)), "a database; .*write it as a csv"),
    "tfrecord": (alone("x.tfrecord", b"\x99\x01" + bytes(99)), "no text; .*write it as a csv"),
    "pickle": (alone("x.pkl", b"\x80\x04\x95" + bytes(99)), "a pickle, which is never opened"),
    "xlsx": (zipped({"[Content_Types].xml": b"<?xml version='1.0'?>"}), "Excel.*save it as a csv"),
    "MATLAB": (alone("x.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(99)), "MATLAB"),
    "json": (alone("x.json", b'[{"emotion": 0, "pixels": "0 0"}]'), "JSON"),
    # parquet
    "parquet of Hugging Face": (huggingface, SPLIT),
    "parquet, a file a split": (lambda path: huggingface(path, parts=1, form="{}"), SPLIT),
    "parquet without names": (lambda path: huggingface(path, names=()), SPLIT),
    "parquet in another order": (lambda path: huggingface(path, AFFECTNET, AFFECT_NUMBERS), SPLIT),
    "parquet of pixels": (as_parquet, SPLIT),
    "parquet cut off": (cut(as_parquet, 0.9), AGAIN),
}  # fmt: skip
# what is said of those that are read
NUMBERED = (
    "0 is read as angry, 1 is read as disgust.*; another order can be given in a file classes"
)
SAID = {
    "csv, split as usage, by numbers": (alone("f.csv", text("emotion,split,pixels", zip(
        LABELS, WORDS, PIXELS, strict=True))), NUMBERED),
    "table with a split, by numbers": (folder(pictures("images/{i}.png") | {"labels.csv": text(
        "image,label,split", zip(range(21), LABELS, WORDS, strict=True))}), NUMBERED),
    "fer2013.csv in AffectNet's order": (folder({"f.csv": text("emotion,pixels,Usage", zip(
        AFFECT_NUMBERS, PIXELS, USAGE, strict=True))} | IN_AFFECTNETS_ORDER),
        "0 is read as neutral, 1 is read as happy, .* 6 is read as angry by classes.txt$"),
    "folders 0 to 6 and classes.txt": (folder(affectnet | IN_AFFECTNETS_ORDER),
                                       "0 is read as neutral, .* by classes.txt$"),
    "csv in AffectNet's order, classes.txt beside": (with_beside(alone("f.csv", text(
        "emotion,pixels,Usage", zip(AFFECT_NUMBERS, PIXELS, USAGE, strict=True))),
        IN_AFFECTNETS_ORDER), "0 is read as neutral, .* by classes.txt beside it$"),
    "zip in AffectNet's order, classes.txt beside": (
        with_beside(zipped(affectnet), IN_AFFECTNETS_ORDER), "0 is .* by classes.txt beside it$"),
    "zip in a folder with classes.txt": (
        lambda path: with_beside(zipped(affectnet), IN_AFFECTNETS_ORDER)(path).parent,
        "0 is read as neutral, .* by classes.txt$"),
    "labels called class": (alone("f.csv", FER2013.replace(b"emotion", b"class")),
                            "the column class is read as label$"),
    "hidden pictures": (folder(pictures("{s}/{c}/{i}.png") | {
        "test/sad/._x.png": ODD, "test/sad/._18.png": b"of a Mac", ".DS_Store": b""}),
        r"1 hidden file passed over, as test/sad/\._x\.png"),
    "names against folders": (folder(pictures("{s}/{c}/Training_{i}.png")),
                              "7 files Training… in test/, where the folder counts and not the n"),
    "folders in German and classes.txt": (folder(pictures_in_german | {"classes.txt": "\n".join(
        map("{} {}".format, GERMAN, EXPRESSIONS)).encode()}), "angst is read as fear, .* by cl"),
    "the course's folder and submissions": (folder(pictures("train_img/{i:05}.png") | {
        "a.txt": b"", "train.csv": text("id,label", enumerate(LABELS)),
        "sample_submission.csv": text("id,label", enumerate(LABELS[::-1]))}),
        r"2 files left alone \(1 .csv and 1 .txt\), as sample_submission.csv"),
}  # fmt: skip
EIGHT = {
    "contempt dropped": (folder(pictures("{s}/{c}/{i}.png")
                                | {"train/Contempt/1.png": ODD, "test/contempt/2.png": ODD}),
                         ["contempt"], 2),
    "7 dropped": (folder(pictures("{s}/{n}/{i}.png") | {"train/7/1.png": ODD}), ["7"], 1),
    "contempt in classes.txt dropped": (folder(
        affectnet | {"train/7/a.png": ODD}
        | {"classes.txt": "\n".join([*AFFECTNET, "Contempt"]).encode()}), ["contempt"], 1),
    "contempt in a csv dropped": (alone("f.csv", FER2013 + (
        f"contempt,{PIXELS[0]},Training\n").encode()), ["contempt"], 1),
    "unknown and contempt dropped": (folder(
        pictures("{s}/{c}/{i}.png") | {"val/contempt/1.png": ODD, "val/unknown/2.png": ODD}),
        ["contempt", "unknown"], 2),
}  # fmt: skip


def rows(images, labels):
    return sorted((int(y), image.tobytes()) for y, image in zip(labels, images, strict=True))


def assert_right(faces, outcome):
    splits = faces.train, faces.validation, faces.test
    found = [rows(split.images, split.labels) for split in splits]
    if outcome == SPLIT:
        assert found == [rows(IMAGES[k == PARTS], LABELS[k == PARTS]) for k in range(3)]
    else:
        assert sorted(found[0] + found[1]) == rows(IMAGES, LABELS)
        assert faces.validation_drawn
        assert not found[2]


def these(read):
    return [name for name, (_, outcome) in CASES.items() if (outcome in (SPLIT, WHOLE)) == read]


@pytest.mark.parametrize("name", these(read=True))
def test_read_right(tmp_path, name):
    make, outcome = CASES[name]
    assert_right(load_faces(str(make(tmp_path))), outcome)


@pytest.mark.parametrize("name", SAID)
def test_what_was_read_is_said(tmp_path, name):
    make, note = SAID[name]
    faces = load_faces(str(make(tmp_path)))
    assert_right(faces, WHOLE if faces.validation_drawn else SPLIT)
    assert [n for n in faces.notes if re.match(note, n)]
    assert ("left alone" in note) == any("left alone" in n for n in faces.notes)


def test_of_fer2013_itself_nothing_is_said(tmp_path):
    notes = load_faces(str(alone("f.csv", FER2013)(tmp_path))).notes
    assert [note.partition(":")[0] for note in notes] == ["train", "validation", "test"]


def test_numbers_from_1_to_7_are_not_read_without_the_last(tmp_path):
    path = CASES["csv, 1 to 7"][0](tmp_path)
    with pytest.raises(UserError, match="numbered labels and no 0"):
        load_faces(with_classes(str(path), drop=["7"]))


@pytest.mark.parametrize("name", these(read=False))
def test_refused_with_the_next_step(tmp_path, name):
    make, said = CASES[name]
    path = make(tmp_path)
    with pytest.raises(UserError, match=said) as error:
        load_faces(str(path))
    assert re.fullmatch(rf"{re.escape(str(path))}.*: .+", str(error.value))
    assert "<_io" not in str(error.value)


@pytest.mark.parametrize("name", EIGHT)
def test_read_right_without_a_class(tmp_path, name, monkeypatch):
    monkeypatch.setattr(cache, "AT_REST", -1)
    make, dropped, count = EIGHT[name]
    path = make(tmp_path)
    faces = load_faces(with_classes(str(path), drop=dropped))
    assert_right(faces, SPLIT)
    (note,) = [note for note in faces.notes if "left out" in note]
    assert note == f"{count} face{'s' * (count > 1)} of {' and '.join(dropped)} left out"
    assert not any("7 is read as" in note for note in faces.notes)
    with pytest.raises(
        UserError, match=r"unknown class folder|unknown label 'contempt'|each line is"
    ):
        load_faces(str(path))  # an entry of the cache is not the other's


def test_refused_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)  # as where it is not installed
    for name in ("train.parquet", "faces.zip"):
        path = alone(name, b"PAR1" + bytes(99) + b"PAR1")(tmp_path)
        with pytest.raises(
            UserError, match="a parquet table; to have it read: pip install pyarrow"
        ):
            load_faces(str(path))
