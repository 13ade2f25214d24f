"""Sets whose classes are not FER2013's: those of their folders, or of a list."""

import hashlib
import re

import numpy as np
import pytest
import small
from small import as_folder, picture

from fer_lib.data import cache
from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split, check_classes
from fer_lib.data.readers import read_unlabelled
from fer_lib.data.set_name import data_for, with_classes
from fer_lib.errors import UserError
from fer_lib.loading import load_faces, training_faces

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 48, 48), dtype=np.uint8)
AFFECTNET = "neutral,happy,sad,surprise,fear,disgust,anger,contempt"


def csv(path, labels):
    """`IMAGES[0]`, `IMAGES[1]`, … with these labels."""
    rows = [f"{name},{' '.join(map(str, IMAGES[i].ravel()))}" for i, name in enumerate(labels)]
    path.write_text("\n".join(["label,pixels", *rows]))
    return str(path)


def number(image):
    return next(i for i, known in enumerate(IMAGES) if (known == image).all())


def folders(path, *names, count=3, split="{}/"):
    """Pictures `IMAGES[0]`, `IMAGES[1]`, … in `count` a class folder."""
    places = [f"{split.format(name)}{i}.png" for name in names for i in range(count)]
    return as_folder(path / "set", {p: picture(IMAGES[i % 24]) for i, p in enumerate(places)})


def said(faces):
    return [note for note in faces.notes if note.startswith("classes: ")]


def test_folders_of_new_names_are_the_classes_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "AT_REST", -1)
    path = folders(tmp_path, "Wink", "grin", "frown", split="train/{}/")
    for _ in range(2):  # the second time from the cache
        faces = load_faces(str(path))
        assert faces.classes == ("frown", "grin", "wink") == faces.validation.classes
        assert faces.train.counts.tolist() == [2, 2, 2]
        (note,) = said(faces)
        assert note.startswith("classes: frown, grin, wink, from the folder names; not FER2013's, ")
        assert "in a file classes.txt, as 'freude happy'" in note
    for split in (faces.train, faces.validation):
        for image, label in zip(split.images, split.labels, strict=True):
            assert faces.classes[label] == ("wink", "grin", "frown")[number(image) // 3]


def test_folders_that_differ_in_capitals_are_one_class_and_it_is_said(tmp_path):
    path = folders(tmp_path, "Open", "open", "shut", split="train/{}/")
    faces = load_faces(str(path))
    assert faces.classes == ("open", "shut")
    assert "folders Open and open are one class" in faces.notes
    assert not any("shut are" in note for note in faces.notes)


def test_a_list_gives_the_classes_and_their_numbers(tmp_path):
    words = csv(tmp_path / "words.csv", ["shut", "open", "half"] * 3)
    numbers = csv(tmp_path / "numbers.csv", [2, 0, 1] * 3)
    for path in (words, numbers):
        faces = load_faces(with_classes(path, "open, half, shut"))
        assert faces.classes == ("open", "half", "shut")
        every = np.concatenate([faces.train.images, faces.validation.images])
        labels = np.concatenate([faces.train.labels, faces.validation.labels])
        for image, label in zip(every, labels, strict=True):
            assert label == [2, 0, 1][number(image) % 3]
        assert said(faces)[0].startswith("classes: open, half, shut, as listed; not FER2013's")
    assert (
        "0 is read as open, 1 is read as half and 2 is read as shut by the list of classes"
        in faces.notes
    )
    with pytest.raises(UserError, match="unknown label 'shut'; the classes are open, half; leave"):
        load_faces(with_classes(words, "open,half"))


def test_eight_classes_or_seven_of_them_in_another_order(tmp_path):
    path = folders(tmp_path, *AFFECTNET.split(","))
    assert load_faces(with_classes(str(path), AFFECTNET)).classes == tuple(AFFECTNET.split(","))
    data = with_classes(csv(tmp_path / "eight.csv", [*range(8)] * 2), AFFECTNET)
    assert load_faces(data).train.counts.tolist() == [1] * 8
    # the seven that are left are FER2013's, and AffectNet's numbers theirs
    faces = load_faces(with_classes(data, drop=["contempt"]))
    assert (faces.classes, said(faces)) == (EXPRESSIONS, [])
    every = np.concatenate([faces.train.labels, faces.validation.labels])
    assert np.bincount(every).tolist() == [2] * 7
    assert any(n.startswith("0 is read as neutral") and n.endswith("by the list of classes")
               for n in faces.notes)  # fmt: skip
    for image, label in zip(faces.train.images, faces.train.labels, strict=True):
        assert label == (6, 3, 4, 5, 2, 1, 0)[number(image) % 8]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("happy", "sad", "grin"), "unknown class folder 'grin'.*--drop 'grin'.*--classes a,b"),
        (("happy", "x", "y", "z"), "unknown class folders 'x', 'y' and 'z'.*--classes a,b,c"),
        (("grin", "suprised"), "is 'suprised' surprise.*rename it"),
        (("grin", "12"), "unknown class folders '12' and 'grin'"),
        (("grin", "<b>x"), "class '<b>x': letters, digits, blanks, - and _ are allowed"),
        (("grin", "all"), "class 'all': .*none of all, blank"),
        (("grin", "g" * 41), "at most 40"),
        (("grin",), "sort them into angry.*, or two or more classes of your own"),
    ],
)
def test_half_known_folders_and_names_that_no_page_can_show_are_refused(tmp_path, names, why):
    with pytest.raises(UserError, match=why) as error:
        load_faces(str(folders(tmp_path, *names)))
    assert "\n" not in str(error.value)


def test_folders_beside_a_table_are_not_taken_for_classes(tmp_path):
    path = folders(tmp_path, "left", "right")
    (path / "answers.csv").write_text("who,what\n1,happy\n")
    with pytest.raises(UserError, match="unknown class folders 'left' and 'right'"):
        load_faces(str(path))


@pytest.mark.parametrize(
    ("classes", "drop", "why"),
    [
        ("grin", (), "^grin in --classes, and two classes at least are needed"),
        ("grin,frown", ("frown",), "^grin in --classes, and two"),
        ("grin,grin", (), "class 'grin': .*once each"),
        ("grin,frown,a*b", (), r"class 'a\*b'"),
        ("grin,winks", (), "unknown class folder 'frown'; the classes are grin, winks; leave it "
                           "out by --drop 'frown', or train with it in --classes too"),
        ("face without grin,frown", (), "no class can have without in its name"),
    ],
)  # fmt: skip
def test_a_list_that_does_not_fit_is_refused(tmp_path, classes, drop, why):
    path = str(folders(tmp_path, "grin", "frown"))
    with pytest.raises(UserError, match=why):
        load_faces(with_classes(path, classes, drop))


def test_many_classes_are_listed_and_not_guessed(tmp_path):
    names = [f"a name of many letters {i}" for i in range(101)]
    path = str(folders(tmp_path, *names, count=1))
    with pytest.raises(UserError, match=r"class folders .* and 92 more; allowed are angry"):
        load_faces(path)
    faces = load_faces(with_classes(path, ",".join(names)))
    assert (len(faces.classes), len(faces.train)) == (101, 101)


def test_classes_txt_says_what_numbers_are_and_the_list_which_output(tmp_path):
    path = folders(tmp_path, "0", "1")
    (path / "classes.txt").write_text("0 grin\n1 frown\n")
    with pytest.raises(UserError, match="each line is another number or name, and one of angry"):
        load_faces(str(path))
    assert load_faces(with_classes(str(path), "grin,frown")).classes == ("grin", "frown")
    one, other = (load_faces(with_classes(str(path), c)) for c in ("grin,frown", "frown,grin"))
    assert other.classes == ("frown", "grin")
    np.testing.assert_array_equal(one.train.labels, 1 - other.train.labels)


def test_fer2013_s_numbers_are_not_counted_by_another_order(tmp_path):
    path = csv(tmp_path / "numbers.csv", "0123456" * 3)
    own = load_faces(with_classes(path, AFFECTNET))  # a csv of one's own, and one's own list
    assert all(number(i) % 7 == k for i, k in zip(own.train.images, own.train.labels, strict=True))
    header, *rows = (tmp_path / "numbers.csv").read_text().split("\n")
    usages = ["Usage", *["Training"] * 14, *["PublicTest"] * 7]  # FER2013 itself
    lines = [f"{row},{usage}" for row, usage in zip([header, *rows], usages, strict=True)]
    (tmp_path / "numbers.csv").write_text("\n".join(lines))
    load_faces(with_classes(path, ",".join(EXPRESSIONS)))  # the same order, said once more
    with pytest.raises(
        UserError, match=r"may be FER2013's, or those of neutral, happy.*classes\.txt"
    ):
        load_faces(with_classes(path, AFFECTNET))
    lines = [f"{i} {name}" for i, name in enumerate(EXPRESSIONS)]
    (tmp_path / "classes.txt").write_text("\n".join(lines))
    faces = load_faces(with_classes(path, AFFECTNET))
    by_name = {number(image): faces.classes[label]
               for split in (faces.train, faces.validation)
               for image, label in zip(split.images, split.labels, strict=True)}  # fmt: skip
    named = [{"angry": "anger"}.get(name, name) for name in EXPRESSIONS]
    assert by_name == {i: named[i % 7] for i in range(21)}


@pytest.mark.parametrize("listed", [None, "frown,grin,wnik"])
def test_a_class_of_ones_own_without_a_training_face_is_a_slip(tmp_path, listed):
    path = folders(tmp_path, "frown", "grin", split="train/{}/")
    as_folder(path, {f"test/{'wnik' if not listed else 'grin'}/1.png": picture(IMAGES[9])})
    with pytest.raises(UserError, match=r"no face of wnik to train on, .* out by --drop 'wnik'$"):
        training_faces(with_classes(str(path), listed))
    dropped = with_classes(str(path), listed, ("wnik",))
    assert training_faces(dropped).classes == ("frown", "grin")


def test_people_did_not_vote_on_these(tmp_path):
    votes = tmp_path / "fer2013new.csv"
    votes.write_text("")
    with pytest.raises(UserError, match="people voted on FER2013's classes, and here are a, b"):
        load_faces(str(folders(tmp_path, "a", "b")), votes)
    ferplus = as_folder(tmp_path / "ferplus", {"FER2013Train/fer0000000.png": picture(IMAGES[0])})
    with pytest.raises(UserError, match=re.escape("FER+'s pictures have FER2013's classes")):
        load_faces(with_classes(str(ferplus), "a,b"))


def test_a_run_of_other_classes_reads_other_data_by_them(tmp_path):
    grin = ("frown", "grin")
    assert data_for("a.zip", "b.zip", (), grin) == "b.zip with classes frown,grin"
    listed = "a.zip with classes x,frown,grin without x"  # numbers count those left out too
    assert data_for(listed, "b.zip", (), grin) == "b.zip with classes x,frown,grin without x"
    assert data_for("a", "b with classes c,d", (), grin) == "b with classes c,d"
    assert data_for("a.zip", None, (), grin) == "a.zip"
    path = folders(tmp_path, "grin", "frown")
    with pytest.raises(UserError, match="no picture without a label"):
        read_unlabelled(path, grin)
    assert len(read_unlabelled(path)[0]) == 6


def test_the_drawn_faces_and_fer2013_stay_what_they_are(tmp_path):
    with pytest.raises(UserError, match="--classes and --drop are for a data set of yours"):
        with_classes("embedded", "a,b")
    faces = load_faces(str(small.csv(tmp_path / "fer2013.csv", 14)))
    assert faces.classes == EXPRESSIONS
    parts = faces.train.fingerprint + faces.validation.fingerprint
    assert faces.fingerprint == hashlib.sha256(parts.encode()).hexdigest()  # as in older runs
    own = [FaceSet("x", Split(IMAGES[:2], np.arange(2), classes=names), faces.validation)
           for names in (("a", "b"), ("a", "c"), EXPRESSIONS)]  # fmt: skip
    assert len({each.fingerprint for each in own}) == 3


def test_as_many_names_as_classes():
    check_classes(2, ("a", "b"))
    with pytest.raises(UserError, match=r"^8 classes and 2 names \(a, b\)"):
        check_classes(8, ("a", "b"))


def test_a_list_counts_from_0(tmp_path):
    path = csv(tmp_path / "numbers.csv", "123" * 4)
    with pytest.raises(UserError, match=r"and no 0, but --classes counts from 0; .*classes\.txt"):
        load_faces(with_classes(path, "open,closed,wink"))
    assert load_faces(with_classes(path, "1,2,3")).classes == ("1", "2", "3")
    (tmp_path / "classes.txt").write_text("1 open\n2 closed\n3 wink")
    assert load_faces(with_classes(path, "open,closed,wink")).classes == ("open", "closed", "wink")


def test_names_on_two_levels_are_not_taken_for_classes(tmp_path):
    path = folders(tmp_path, "p1", "p2", split="train/open/{}/")
    folders(tmp_path, "p3", "p4", split="train/closed/{}/")
    with pytest.raises(UserError, match="class folder"):
        load_faces(str(path))


def test_the_order_of_a_run_s_numbers_is_that_of_other_data_too():
    seven = "neutral,happy,sad,surprise,fear,disgust,angry"
    assert data_for(f"a.csv with classes {seven}", "b.csv", ()) == f"b.csv with classes {seven}"
