"""Sets are written in each format and read back; then damaged, and read or refused."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small import as_folder, as_tar, as_zip

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.data.readers import draw_validation, read_faces, read_unlabelled
from fer_lib.errors import UserError

USAGES = ("Training", "PublicTest", "PrivateTest")
FOLDERS = ("train", "validation", "test")


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def table(header, *columns):
    """A csv as bytes; an image becomes its pixels with blanks between."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header.split(","))
    for row in zip(*columns, strict=True):
        writer.writerow([" ".join(map(str, v.ravel())) if np.ndim(v) else v for v in row])
    return text.getvalue().encode()


def members(labels, images, parts, name):
    """Images as files: `name` makes each one's path from (i, label, part)."""
    rows = zip(labels, images, parts, strict=True)
    return {name(i, label, part): png(image) for i, (label, image, part) in enumerate(rows)}


def as_file(path, files):
    (data,) = files.values()
    path.write_bytes(data)
    return path


def whole(labels, images, parts):
    usages = [USAGES[part] for part in parts]
    return {"fer2013/fer2013.csv": table("emotion,pixels,Usage", labels, images, usages)}


def icml(labels, images, parts):
    usages = [USAGES[part] for part in parts]
    return {"icml_face_data.csv": table("emotion, Usage, pixels", labels, usages, images)}


def kaggle_images(labels, images, parts):
    """Kaggle's folder: the prefix tells PublicTest from PrivateTest, the folder does not."""
    return members(
        labels,
        images,
        parts,
        lambda i, label, part: (
            f"{'test' if part else 'train'}/{EXPRESSIONS[label]}/{USAGES[part]}_{i:05d}.png"
        ),
    )


def plain_images(labels, images, parts):
    """Folders by number or by name in capitals, below a folder of the archive's name."""
    return members(
        labels,
        images,
        parts,
        lambda i, label, part: (
            f"set/{FOLDERS[part]}/{label if label % 2 else EXPRESSIONS[label].upper()}/{i:05}.PNG"
        ),
    )


FORMATS = [whole, icml, kaggle_images, plain_images]
HOLDERS = [as_folder, as_zip, as_tar]


def rows(split):
    """A split as a sorted list: folders have an order of their own."""
    return sorted(
        (int(label), image.tobytes())
        for label, image in zip(split.labels, split.images, strict=True)
    )


def assert_holds(faces, labels, images, parts):
    assert isinstance(faces, FaceSet)
    for number, split in enumerate((faces.train, faces.validation, faces.test)):
        chosen = np.asarray(parts) == number
        expected = zip(
            labels[chosen].tolist(), map(np.ndarray.tobytes, images[chosen]), strict=True
        )
        assert rows(split) == sorted(expected)
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64


@st.composite
def sets(draw):
    """(labels, images, parts): at least one image to train on and one to choose on."""
    size = draw(st.integers(2, 12))
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (size, 48, 48), dtype=np.uint8)
    labels = np.array(draw(st.lists(st.integers(0, 6), min_size=size, max_size=size)))
    parts = draw(st.lists(st.integers(0, 2), min_size=size - 2, max_size=size - 2))
    return labels, images, [0, 1, *parts]


@settings(deadline=None, max_examples=60)
@given(sets(), st.sampled_from(FORMATS), st.sampled_from(HOLDERS))
def test_each_format_reads_back_the_same_arrays(tmp_path_factory, faces, form, hold):
    path = tmp_path_factory.mktemp("set") / "faces"
    assert_holds(read_faces(hold(path, form(*faces))), *faces)


@settings(deadline=None, max_examples=10)
@given(sets(), st.sampled_from(["fer2013.csv", "faces.txt"]))
def test_a_csv_alone_by_any_name(tmp_path_factory, faces, name):
    path = tmp_path_factory.mktemp("set") / name
    read = read_faces(as_file(path, whole(*faces)))
    assert_holds(read, *faces)
    assert read.name == name


def without_split(form, labels, images):
    if form == "images":
        return members(
            labels,
            images,
            [0] * len(labels),
            lambda i, label, _: f"{EXPRESSIONS[label]}/{i:05}.png",
        )
    if form == "course":
        files = members(labels, images, labels, lambda i, *_: f"train_img/{i:05d}.png")
        ids = range(len(labels))
        return files | {"train.csv": table("id,label", ids, labels), "test_img/0000.jpg": b"unread"}
    return {"train.csv": table(form, labels, images)}


@pytest.mark.parametrize("hold", HOLDERS)
@pytest.mark.parametrize("form", ["emotion,pixels", "label,feature", "images", "course"])
def test_without_a_split_a_stratified_tenth_is_drawn(tmp_path, drawn, form, hold):
    labels, images = drawn
    faces = read_faces(hold(tmp_path / "faces", without_split(form, labels, images)))
    both = sorted(rows(faces.train) + rows(faces.validation))
    assert both == rows(Split(images, labels))
    assert faces.validation.counts.tolist() == [1] * 7
    assert len(faces.test) == 0
    assert any("stratified tenth of train" in note for note in faces.notes)


def test_the_tenth_is_a_tenth_of_each_class_and_the_seed_s():
    labels = np.repeat(range(7), [100, 50, 20, 9, 2, 1, 0])
    drawn = draw_validation(labels, seed=3)
    assert np.bincount(labels[drawn], minlength=7).tolist() == [10, 5, 2, 1, 1, 0, 0]
    assert (draw_validation(labels, seed=3) == drawn).all()
    assert (draw_validation(labels, seed=4) != drawn).any()


def test_a_test_folder_is_never_chosen_on(tmp_path, drawn):
    labels, images = drawn
    parts = [0] * 21 + [2] * 7
    faces = read_faces(as_folder(tmp_path, plain_images(labels, images, parts)))
    assert rows(faces.test) == rows(Split(images[21:], labels[21:]))
    assert len(faces.validation) == 7


def test_of_kaggle_s_folder_the_csv_with_every_split_is_read_and_the_rest_named(tmp_path, drawn):
    labels, images = drawn
    parts = [0] * 14 + [1] * 7 + [2] * 7
    files = icml(labels, images, parts) | {
        "train.csv": table("emotion,pixels", labels[:14], images[:14]),
        "test.csv": table("pixels", images[14:]),
        "fer2013.tar.gz": b"unread",
    }
    faces = read_faces(as_zip(tmp_path / "challenge.zip", files))
    assert_holds(faces, labels, images, parts)
    assert faces.notes == ("read from icml_face_data.csv; 3 other files left alone",)


def test_files_that_are_no_images_are_left_alone_with_a_note(tmp_path, drawn):
    files = without_split("images", *drawn) | {"README": b"hello", "happy/readme.txt": b""}
    assert "2 files that are no image" in read_faces(as_folder(tmp_path, files)).notes[0]


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        (lambda x: {"test.csv": table("pixels", x)}, ["0", "1", "2"]),
        (lambda x: {"test.csv": table("id,feature", [7, 8, 9], x)}, ["7", "8", "9"]),
        (lambda x: {f"test_img/{i:04}.png": png(v) for i, v in enumerate(x)}, ["0", "1", "2"]),
        (lambda x: {f"me{i}.png": png(v) for i, v in enumerate(x)}, ["me0", "me1", "me2"]),
    ],
)
@pytest.mark.parametrize("hold", HOLDERS)
def test_what_has_no_label_is_read_with_its_ids(tmp_path, drawn, hold, files, ids):
    images = drawn[1][:3]
    course = {"train_img/00000.png": png(images[0]), "train.csv": table("id,label", [0], [3])}
    for name, beside in (("alone", {}), ("course", course)):
        read = read_unlabelled(hold(tmp_path / name, beside | files(images)))
        assert read[0] == ids
        np.testing.assert_array_equal(read[1], images)
        assert read[2] == ()


def test_one_photograph_alone_is_read(tmp_path, drawn):
    (tmp_path / "me.png").write_bytes(png(drawn[1][0]))
    ids, images, _ = read_unlabelled(tmp_path / "me.png")
    assert ids == ["me"]
    np.testing.assert_array_equal(images, drawn[1][:1])


FACE = png(np.arange(2304, dtype=np.uint16).reshape(48, 48).astype(np.uint8))
ROW = np.zeros((1, 48, 48), np.uint8)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.csv": b"emotion,Usage\n0,Training\n"}, r"a.csv: missing column; needed are emotion,"),
        ({"a.csv": b"0,12 13 14\n"}, "missing column"),
        ({"test.csv": table("pixels", ROW)}, "no label column"),
        ({"a.csv": table("emotion,pixels", [0], ROW)}, "no class has two images"),
        ({"a.csv": table("emotion,pixels,Usage", [0], ROW, ["PublicTest"])}, "no image to train"),
        ({"a.csv": table("emotion,pixels", [0], ROW), "b.csv": table("emotion,pixels", [0], ROW)},
         "a.csv and b.csv could each be meant"),
        ({"happy/1.png": FACE, "joyful/2.png": FACE}, r"joyful/2.png: unknown class folder"),
        ({"happy/1.png": FACE, "7/2.png": FACE}, r"7/2.png: unknown class folder; allowed"),
        ({"1.png": FACE}, "no class folder; sort them into"),
        ({"happy/1.png": FACE, "happy/2.jpg": b"no"}, r"happy/2.jpg: not an image that opens"),
        ({"train.csv": b"id,label\n0,3\n"}, "ids and labels and no image"),
        ({"train.csv": b"id,label\n0,3\n1,3\n", "train_img/00000.png": FACE},
         "train.csv has the id 1 and no image has"),
        ({"train.csv": b"id,label\n0,3\n", "train_img/00000.png": FACE, "train_img/1.png": FACE},
         r"train_img/1.png has no row in train.csv"),
        ({"train.csv": b"id,label\n0,3\n00,3\n", "train_img/00000.png": FACE},
         "train.csv: the id 0 comes twice"),
        ({"train.csv": b"id,label\n0,3\n", "train_img/0.png": FACE, "train_img/00.png": FACE},
         "the id of 0 comes twice"),
        ({"inner.zip": b"PK"}, "inner.zip: an archive inside"),
        ({"README": b"hello"}, "missing column"),
        ({"README": b"hello", "LICENSE": b""}, "no csv and no png or jpg"),
        ({"fer.npy": b"\x93NUMPY"}, "not UTF-8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("hold", [as_folder, as_zip])
def test_a_set_that_does_not_hold_together_is_named(tmp_path, hold, files, said):
    with pytest.raises(UserError, match=said) as error:
        read_faces(hold(tmp_path / "faces", files))
    assert "\n" not in str(error.value)
    assert str(tmp_path / "faces") in str(error.value)


def test_an_empty_folder(tmp_path):
    with pytest.raises(UserError, match="no csv and no png or jpg"):
        read_faces(tmp_path)


def test_labelled_images_are_nothing_to_predict(tmp_path, drawn):
    with pytest.raises(UserError, match="no image without a label"):
        read_unlabelled(as_folder(tmp_path, without_split("images", *drawn)))


def damaged(data, draw):
    """Bytes flipped, lost, doubled or cut off."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(1, 40))
        match draw(st.sampled_from(["flip", "lose", "double", "cut", "write"])):
            case "flip" if data:
                data[at] ^= draw(st.integers(1, 255))
            case "lose":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length]
            case "cut":
                del data[at:]
            case "write":
                data[at : at + 1] = draw(st.sampled_from([b",", b"\n", b" ", b'"', b"\0", b"9"]))
    return bytes(data)


def naively(data):
    """A fer2013.csv by Python's own csv and int: the oracle. None where it holds no whole set."""
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        found = {}
        for label, pixels, usage in (line for line in lines[1:] if line):
            words = pixels.split(" ")
            values = [int(word) for word in words if word]
            part = USAGES.index(usage.strip())
            image = np.array(values, np.uint8).reshape(48, 48)
            found.setdefault(part, []).append((int(label), image.tobytes()))
        return found
    except (ValueError, OverflowError, csv.Error):
        return None


def small_set():
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (9, 48, 48), dtype=np.uint8)
    return np.arange(9) % 7, images, [0] * 5 + [1] * 2 + [2] * 2


def attempt(read, path):
    """What was read, or None where it was refused in one line that names the file."""
    try:
        return read(path)
    except UserError as error:
        said = str(error)
    assert path.name in said
    assert "\n" not in said


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_csv_gives_what_it_says_or_an_error(tmp_path_factory, data):
    (text,) = whole(*small_set()).values()
    text = damaged(text, data.draw)
    path = tmp_path_factory.mktemp("fuzz") / "fer2013.csv"
    path.write_bytes(text)
    faces = attempt(read_faces, path)
    if faces and not faces.notes and (found := naively(text)) is not None:
        for number, split in enumerate((faces.train, faces.validation, faces.test)):
            assert rows(split) == sorted(found.get(number, []))


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from([as_zip, as_tar]), st.sampled_from([whole, kaggle_images]))
def test_a_damaged_archive_gives_the_right_arrays_or_an_error(tmp_path_factory, data, hold, form):
    labels, images, parts = small_set()
    path = hold(tmp_path_factory.mktemp("fuzz") / "faces", form(labels, images, parts))
    path.write_bytes(damaged(path.read_bytes(), data.draw))
    faces = attempt(read_faces, path)
    if (
        faces and not faces.notes
    ):  # a damaged name may make an image another file, which a note tells
        assert_holds(faces, labels, images, parts)


@settings(deadline=None, max_examples=100)
@given(st.data(), st.sampled_from(["PNG", "JPEG"]))
def test_a_damaged_image_opens_or_is_an_error(tmp_path_factory, data, kind):
    buffer = io.BytesIO()
    Image.fromarray(small_set()[1][0]).save(buffer, kind)
    path = tmp_path_factory.mktemp("fuzz") / "face.png"
    path.write_bytes(damaged(buffer.getvalue(), data.draw))
    read = attempt(read_unlabelled, path)
    assert read is None or read[1].shape == (1, 48, 48)
