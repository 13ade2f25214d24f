"""Sets are written in each format and read back; then damaged, and read or refused."""

import csv
import io

import numpy as np
import pytest
import small
from hypothesis import given, settings
from hypothesis import strategies as st
from small import as_folder, as_tar, as_zip, assert_refused, picture

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.data.readers import read_faces, read_unlabelled
from fer_lib.errors import UserError
from fer_lib.loading import training_faces

USAGES = ("Training", "PublicTest", "PrivateTest")
FOLDERS = ("train", "validation", "test")


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
    return {name(i, label, part): picture(image) for i, (label, image, part) in enumerate(rows)}


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
    """Folders by number and by name in capitals, below a folder of the archive's name.

    One at least has a name: numbers without a 0 are refused.
    """
    return members(
        labels,
        images,
        parts,
        lambda i, label, part: (
            f"set/{FOLDERS[part]}/{label if i % 2 else EXPRESSIONS[label].upper()}/{i:05}.PNG"
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
    labels[0] = 0  # numbered folders without a 0 are refused: see the tests of numbers
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


def test_a_test_folder_is_never_chosen_on(tmp_path, drawn):
    labels, images = drawn
    parts = [0] * 21 + [2] * 7
    faces = read_faces(as_folder(tmp_path, plain_images(labels, images, parts)))
    assert rows(faces.test) == rows(Split(images[21:], labels[21:]))
    assert len(faces.validation) == 7


def notes(sizes, origins, *others):
    """What is said of a set that has each split."""
    rows = zip(FOLDERS, sizes, origins, strict=True)
    return (*(f"{split}: {size} faces from {origin}" for split, size, origin in rows), *others)


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
    left = "3 files left alone (1 .gz and 2 .csv), as fer2013.tar.gz"
    assert faces.notes == notes((14, 7, 7), [f"Usage {usage}" for usage in USAGES], left)


WORDS = {
    0: ["train", "Training", "train_set", "data_train", "FER2013Train", "trainset", "TRAIN"],
    1: ["val", "validation", "dev", "eval", "holdout", "PublicTest", "FER2013Valid", "val_images"],
    2: ["test", "testing", "test_set", "data_test", "FER2013Test", "PrivateTest", "private_test"],
}


@settings(deadline=None, max_examples=40)
@given(sets(), st.data())
def test_split_folders_are_understood_by_their_words(tmp_path_factory, faces, data):
    """In every spelling, above the classes or below them, and under a folder of any name."""
    words = [data.draw(st.sampled_from(WORDS[part])) for part in range(3)]
    above = data.draw(st.sampled_from(["", "FER 2013/", "train_and_test/"]))
    below = data.draw(st.booleans())
    files = members(
        *faces,
        lambda i, label, part: (
            f"{above}{EXPRESSIONS[label]}/{words[part]}/{i}.png"
            if below
            else f"{above}{words[part]}/{EXPRESSIONS[label]}/{i}.png"
        ),
    )
    read = read_faces(as_folder(tmp_path_factory.mktemp("set"), files))
    assert_holds(read, *faces)
    for part in set(faces[2]):
        (note,) = [n for n in read.notes if n.startswith(FOLDERS[part])]
        assert f": {faces[2].count(part)} face" in note
        assert f"from {above if not below else ''}" in note
        assert words[part] in note


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        ("train", "unseen", "unseen/"),
        ("part1", "part2", "part1/ or part2/"),
        ("train", "train_or_test", "train_or_test/"),
        ("images", "images/images", "images/images/"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_folder_beside_another_that_tells_no_split_is_refused(
    tmp_path, one, other, named, swapped
):
    folders = (other, one) if swapped else (one, other)
    as_folder(tmp_path, {f"{f}/happy/{i}.png": FACE for i, f in enumerate(folders)})
    with pytest.raises(UserError, match=rf"is .*{named}.* for training or for testing"):
        read_faces(tmp_path)


def test_names_of_files_tell_the_split_where_no_folder_does(tmp_path, drawn):
    """As RAF-DB's do."""
    labels, images = drawn
    parts = [0] * 20 + [2] * 8
    files = members(
        *drawn, parts, lambda i, y, p: f"{EXPRESSIONS[y]}/{'test' if p else 'train'}_{i:04}.png"
    )
    read = read_faces(as_folder(tmp_path, files))
    assert rows(read.test) == rows(Split(images[20:], labels[20:]))


def test_a_csv_a_split(tmp_path, drawn):
    labels, images = drawn
    classes, parts = np.array(EXPRESSIONS)[labels], np.repeat([0, 1, 2], [20, 4, 4])
    files = {
        f"{name}.csv": table("emotion,pixels", classes[parts == part], images[parts == part])
        for part, name in enumerate(("train", "val", "test"))
    }
    read = read_faces(as_zip(tmp_path / "set.zip", files | {"README": b"hello"}))
    assert_holds(read, labels, images, parts)
    left = "1 file left alone (1 no suffix), as README"
    assert read.notes == notes((20, 4, 4), ("train.csv", "val.csv", "test.csv"), left)


def test_faces_for_testing_alone_are_no_faces_to_train_on(tmp_path, drawn):
    labels, images = drawn
    path = as_zip(tmp_path / "set.zip", plain_images(labels, images, [2] * 28))
    assert len(read_faces(path).test) == 28
    with pytest.raises(UserError, match=r"no face to train on.*test: 28 faces from set/test/"):
        training_faces(str(path))
    one = as_zip(tmp_path / "one.zip", plain_images(labels[:7], images[:7], [0] * 7))
    with pytest.raises(UserError, match="no class has two faces"):
        training_faces(str(one))


@pytest.mark.parametrize("form", ["folders", "label,pixels", "course"])
def test_numbered_classes_are_read_in_fer2013_s_order_with_a_note(tmp_path, drawn, form):
    numbered = members(*drawn, [0] * 28, lambda i, y, _: f"{y}/{i}.png")
    files = numbered if form == "folders" else without_split(form, *drawn)
    read = read_faces(as_folder(tmp_path, files))
    (note,) = [note for note in read.notes if "0 is read as angry" in note]
    assert "6 is read as neutral; another order can be given in a file classes.txt" in note
    assert sorted(rows(read.train) + rows(read.validation)) == rows(Split(drawn[1], drawn[0]))


def test_class_folders_hold_pictures_of_any_mixture(tmp_path, drawn):
    """A note counts what was changed, and what was not read."""
    kinds = ["PNG", "BMP", "TIFF", "GIF"]
    files = {}
    for i, (label, image) in enumerate(zip(*drawn, strict=True)):
        files[f"{EXPRESSIONS[label]}/{i}.{kinds[i % 4].lower()}"] = picture(image, kinds[i % 4])
    read = read_faces(as_folder(tmp_path, files | {"sad/me.heic": b"", "sad/you.heic": b""}))
    assert sorted(rows(read.train) + rows(read.validation)) == rows(Split(drawn[1], drawn[0]))
    assert "2 files left alone (2 .heic), as sad/me.heic" in read.notes


def test_the_same_face_twice_is_counted(tmp_path, drawn):
    labels, images = drawn
    files = plain_images(labels, images, [0] * 20 + [1] * 8)
    again = picture(images[0])
    files |= {"set/test/happy/again.png": again, "set/train/sad/again.png": again}
    read = read_faces(as_folder(tmp_path, files))
    assert "2 faces exactly like another, pixel for pixel" in read.notes
    assert "1 test face is also in train or validation" in read.notes


def test_ids_of_pictures_to_predict_are_unique(tmp_path, drawn):
    first, second = map(picture, drawn[1][:2])
    as_folder(tmp_path, {"a/1.png": first, "b/01.png": second, "c.txt": b""})
    ids, _, notes = read_unlabelled(tmp_path)
    assert ids == ["a/1.png", "b/01.png"]
    assert notes == (
        "two pictures have one name, so the ids are paths",
        "1 file left alone (1 .txt), as c.txt",
    )
    path = as_file(tmp_path / "d.csv", {"": table("id,pixels", [7, 7], drawn[1][:2])})
    with pytest.raises(UserError, match="the id 7 comes twice"):
        read_unlabelled(path)


def test_files_that_are_no_images_are_left_alone_with_a_note(tmp_path, drawn):
    files = without_split("images", *drawn) | {"README": b"hello", "happy/readme.txt": b""}
    files |= {"sad/a.heic": b"....ftypheic"}
    note = "3 files left alone (1 no suffix, 1 .txt and 1 .heic), as README"
    assert note in read_faces(as_folder(tmp_path, files)).notes


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        (lambda x: {"test.csv": table("pixels", x)}, ["0", "1", "2"]),
        (lambda x: {"test.csv": table("id,feature", [7, 8, 9], x)}, ["7", "8", "9"]),
        (lambda x: {f"test_img/{i:04}.png": picture(v) for i, v in enumerate(x)}, ["0", "1", "2"]),
        (lambda x: {f"me{i}.png": picture(v) for i, v in enumerate(x)}, ["me0", "me1", "me2"]),
    ],
)
@pytest.mark.parametrize("hold", HOLDERS)
def test_what_has_no_label_is_read_with_its_ids(tmp_path, drawn, hold, files, ids):
    images = drawn[1][:3]
    course = {"train_img/00000.png": picture(images[0]), "train.csv": table("id,label", [0], [3])}
    for name, beside in (("alone", {}), ("course", course)):
        read = read_unlabelled(hold(tmp_path / name, beside | files(images)))
        assert read[0] == ids
        np.testing.assert_array_equal(read[1], images)
        left = "2 files left alone (1 .csv and 1 .png), as train.csv"
        assert read[2] == ((left,) if beside else ())


def test_what_has_no_label_is_read_from_an_archive_in_an_archive(tmp_path, drawn):
    inner = as_tar(tmp_path / "inner", {"me.png": picture(drawn[1][0])}).read_bytes()
    ids, images, notes = read_unlabelled(as_zip(tmp_path / "set.zip", {"test.tar.gz": inner}))
    assert (ids, notes) == (["me"], ("read from test.tar.gz inside",))
    np.testing.assert_array_equal(images, drawn[1][:1])


def test_one_photograph_alone_is_read(tmp_path, drawn):
    (tmp_path / "me.png").write_bytes(picture(drawn[1][0]))
    ids, images, _ = read_unlabelled(tmp_path / "me.png")
    assert ids == ["me"]
    np.testing.assert_array_equal(images, drawn[1][:1])


FACE = picture(np.arange(2304, dtype=np.uint16).reshape(48, 48).astype(np.uint8))
ROW = np.zeros((1, 48, 48), np.uint8)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.csv": b"emotion,Usage\n0,Training\n"}, r"a.csv: missing column; needed are emotion,"),
        ({"a.csv": b"0,12 13 14\n"}, "missing column"),
        ({"test.csv": table("pixels", ROW)}, "no label column"),
        ({"a.csv": table("emotion,pixels", [0], ROW), "b.csv": table("emotion,pixels", [0], ROW)},
         "a.csv and b.csv could each be meant; give one, or name them train.csv, val"),
        ({"a.csv": b"emotion,label,pixels\n"}, "two columns of label, the second is 'label'"),
        ({"a.csv": b"emotion,pixels,feature\n"}, "two columns of pixels"),
        ({"a.csv": b"version https://git-lfs.github.com/spec/v1\n"}, "a.csv: a git-lfs pointer"),
        ({"example_submission.csv": b"id,emotion\n0,0\n", "fer2013.tar.gz": b"\x1f\x8b"},
         "fer2013.tar.gz: cannot be read"),
        ({"a.zip": b"PK\3", "b.zip": b"PK\3"}, "2 archives inside, as a.zip; unpack each to a f"),
        ({"happy/1.png": FACE, "happy/2.jpg": b"no"}, r"happy/2.jpg: not a picture that opens"),
        ({"train.csv": b"id,label\n0,3\n"}, "ids and labels and no picture"),
        ({"inner.zip": b"PK\3"}, "inner.zip: cannot be read"),
        ({"README": b"hello"}, "missing column"),
        ({"README": b"hello", "LICENSE": b""}, "no csv and no picture"),
        ({"fer.npy": b"\x93NUMPY"}, "fer.npy: a numpy array; read it with numpy.load"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("hold", [as_folder, as_zip])
def test_a_set_that_does_not_hold_together_is_named(tmp_path, hold, files, said):
    assert_refused(hold(tmp_path / "faces", files), said)


def test_an_empty_folder(tmp_path):
    with pytest.raises(UserError, match="no csv and no picture"):
        read_faces(tmp_path)


def test_labelled_images_are_nothing_to_predict(tmp_path, drawn):
    with pytest.raises(UserError, match="no picture without a label"):
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
    """A fer2013.csv by Python's own int: the oracle. None where it holds no whole set."""
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


def surely(faces):
    """No note but on the splits: a damaged name may make a picture another file, which one says."""
    return len(faces.notes) <= 3 and not faces.validation_drawn


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_csv_gives_what_it_says_or_an_error(tmp_path_factory, data):
    (text,) = whole(*small_set()).values()
    text = damaged(text, data.draw)
    path = tmp_path_factory.mktemp("fuzz") / "fer2013.csv"
    path.write_bytes(text)
    faces = attempt(read_faces, path)
    if faces and surely(faces) and (found := naively(text)) is not None:
        for number, split in enumerate((faces.train, faces.validation, faces.test)):
            assert rows(split) == sorted(found.get(number, []))


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from([as_zip, as_tar]), st.sampled_from([whole, kaggle_images]))
def test_a_damaged_archive_gives_the_right_arrays_or_an_error(tmp_path_factory, data, hold, form):
    labels, images, parts = small_set()
    path = hold(tmp_path_factory.mktemp("fuzz") / "faces", form(labels, images, parts))
    path.write_bytes(damaged(path.read_bytes(), data.draw))
    faces = attempt(read_faces, path)
    if faces and surely(faces):
        assert_holds(faces, labels, images, parts)


@settings(deadline=None, max_examples=100)
@given(st.data(), st.sampled_from(["PNG", "JPEG"]))
def test_a_damaged_image_opens_or_is_an_error(tmp_path_factory, data, kind):
    path = tmp_path_factory.mktemp("fuzz") / "face.png"
    path.write_bytes(damaged(picture(small_set()[1][0], kind), data.draw))
    read = attempt(read_unlabelled, path)
    assert read is None or read[1].shape == (1, 48, 48)


def test_a_set_of_which_every_class_is_left_out_is_refused(tmp_path):
    data = small.csv(tmp_path / "fer.csv", 7)
    with pytest.raises(UserError, match=r"14 faces of .* and none is left; give fewer classes"):
        read_faces(data, list(EXPRESSIONS))


def test_a_list_with_blanks_that_tells_the_split_of_pictures_is_refused(tmp_path, drawn):
    files = {
        f"{name}/{name}{i}.png": picture(drawn[1][i]) for name in ("angry", "happy") for i in (0, 1)
    }
    lines = "angry0.png test\nangry1.png train\nhappy0.png test\nhappy1.png train\n"
    files["list.txt"] = lines.encode()
    assert_refused(as_folder(tmp_path / "faces", files), "list.txt")


def test_votes_beside_rows_with_numbers_tell_no_order(tmp_path):
    (tmp_path / "set").mkdir()
    rows = small.csv(tmp_path / "fer.csv", 7).read_text().splitlines()
    (tmp_path / "set" / "faces.csv").write_text("\n".join(row.rpartition(",")[0] for row in rows))
    head = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt"
    (tmp_path / "set" / "fer2013new.csv").write_text(f"{head},unknown,NF\n")
    faces = read_faces(tmp_path / "set")
    assert faces.train.counts.sum() + faces.validation.counts.sum() == 14
