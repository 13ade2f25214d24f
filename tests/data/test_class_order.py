"""What classes are called; whole sets of each order are in test_cases.py."""

import pytest
from small import as_folder

from fer_lib.data.archives import opened
from fer_lib.data.class_order import _order_told, read_order
from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.errors import UserError

AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger")
RAFDB = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
SAME = {"anger": "angry", "happiness": "happy", "sadness": "sad"}


@pytest.fixture
def order(tmp_path):
    """The classes of a folder that has the given files."""

    def read(dropped=(), **files):
        as_folder(tmp_path, {f"{name}.txt": text.encode() for name, text in files.items()})
        with opened(tmp_path) as source:
            return read_order(tmp_path, [source], dropped)

    return read


@pytest.mark.parametrize(
    ("names", "first", "text"),
    [
        (AFFECTNET, 0, "\n".join(AFFECTNET)),
        (AFFECTNET, 0, "".join(f"{i} {name}\r\n" for i, name in enumerate(AFFECTNET))),
        (AFFECTNET, 0, "\ufeff" + "".join(f"{i}: {n}\n" for i, n in enumerate(AFFECTNET))),
        (RAFDB, 1, "".join(f"{i},{name.title()}\n\n" for i, name in enumerate(RAFDB, 1))),
    ],
)
def test_classes_txt_gives_the_order(order, names, first, text):
    known = order(Classes=text).known
    for i, name in enumerate(names, first):
        assert EXPRESSIONS[known[str(i)]] == SAME.get(name, name)
    assert known["happy"] == 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0 contempt\n", "0 contempt"),
        ("1 happy\n1 sad\n", "1 sad"),
        ("Wut\n", "Wut"),
        ("0 very glad\n", "0 very glad"),
        ("happy sad\n", "happy sad"),
    ],
)
def test_a_line_of_another_kind_is_named(order, text, named):
    with pytest.raises(UserError, match=rf"classes\.txt: '{named}'; each line is another number"):
        order(classes=text)


def test_numbers_are_fer2013_s_with_a_note(order):
    known = order()
    assert {name: known.known[name] for name in ("0", "6", "anger")} == {"0": 0, "6": 6, "anger": 0}
    (note,) = known.notes({"6": "", "0": "", "happy": ""}, "label")
    assert note.startswith("0 is read as angry and 6 is read as neutral; another order can be")
    assert known.notes({"anger": "", "happy": ""}, "label") == []
    assert known.notes(dict.fromkeys("0123456", ""), "label", genuine=True) == []
    assert known.notes(dict.fromkeys("012345", ""), "label", genuine=True) != []


def test_of_classes_txt_it_is_always_said_that_it_is_read(order):
    known = order(classes="0 happy\nfreude happy\n")
    for genuine in (False, True):
        (note,) = known.notes({"0": "", "freude": "", "sad": ""}, "label", genuine)
        assert note == "0 is read as happy and freude is read as happy by classes.txt"


@pytest.mark.parametrize("found", ["1", "16", "123456"])
def test_numbers_without_a_0_may_be_of_another_order(order, found):
    found = dict.fromkeys(found, "x.csv, line 2")
    for genuine in (False, True):  # FER2013's words for a split are no proof
        with pytest.raises(UserError, match=r"numbered labels and no 0; .*classes\.txt.* 1 surp"):
            order().notes(found, "label", genuine)
    assert order().notes(found | {"happy": ""}, "label") != []
    assert order(classes="\n".join(AFFECTNET)).notes(found, "label") != []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("happy contempt", "'contempt'; .*leave it out by --drop 'contempt', or say"),
        ("happy a b", "'a' and 'b'; .*by --drop 'a' --drop 'b', or say"),
        ("wut freude", r"'wut' and 'freude'; .* or 0 to 6; say in a file classes\.txt"),
        ("0 1 7", r"'7'; .*AffectNet's are 0 neutral, 1 happy, .* --drop contempt"),
        ("1 2 7", r"'7'; .*RAF-DB's are 1 surprise, 2 fear"),
        (" ".join(f"c{i}" for i in range(40)), "'c7', 'c8' and 31 more;"),
    ],
)
def test_what_is_unknown_is_named_at_once(order, found, said):
    with pytest.raises(UserError, match=rf"^at \w+: unknown labels? .*{said}") as error:
        order().notes({name: f"at {name}" for name in found.split()}, "label")
    assert "--drop '7'" not in str(error.value)


def test_an_empty_label_is_no_class(order):
    with pytest.raises(UserError, match=r"unknown label ''; give one of .*, or remove the row"):
        order().notes({"0": "", "": "at"}, "label")


def test_words_beside_numbers_must_agree(order):
    plain, less = order(), order(dropped=["0"])
    for words in ({"0": "anger", "3": "web"}, {"angry": "sad"}, {}):
        plain.check_words("name", words, {})
    less.check_words("name", {"0": "happy"}, {})
    with pytest.raises(UserError, match="at: label 0 is read as angry, and the column 'name' says"):
        plain.check_words("name", {"0": "happy"}, {"0": "at"})


@pytest.mark.parametrize(
    "text",
    [
        "neutral\nhappy\n",
        "0 neutral\n1 happy\n",
        "neutral,0\nhappy,1\n",
        '{"neutral": 0, "happy": 1}',
        '{"0": "neutral", "1": "happy"}',
        '{"names": ["neutral", "happy"]}',
        "names = {0: neutral, 1: happy}",
        "train: ../train/images\nnc: 2\nnames: ['neutral', 'happy']\nversion: 3",
    ],
)
def test_an_order_is_told_in_many_ways(text):
    assert _order_told(text) == [("0", "neutral"), ("1", "happy")]


def test_a_file_that_tells_another_order_is_none_to_pass_over(order):
    found = dict.fromkeys("0123456", "")
    with pytest.raises(
        UserError,
        match=r"labels\.txt: 0 is neutral there, .*say which is right in a file classes\.t",
    ):
        order(labels="\n".join(AFFECTNET)).notes(found, "label")
    numbers = "".join(f"{i} {name}\n" for i, name in enumerate(RAFDB, 1))
    with pytest.raises(UserError, match=r"labels\.txt: 1 is surprise there, and would be read"):
        order(labels=numbers).notes(dict.fromkeys("1234567", ""), "label")
    assert order(dropped=["0", "5"], labels="0 sad\n").notes(found, "label") != []
    assert order(labels="train_1.jpg 5\n").notes(found, "label") != []
    assert order(labels="\n".join(EXPRESSIONS)).notes(found, "label") != []
    assert order(data="the 7 of us: happy and angry faces").notes(found, "label") != []


def test_contempt_in_a_list_counts():
    assert _order_told("anger, contempt, disgust") == [("0", "anger"), ("2", "disgust")]


def test_prose_before_an_order_is_no_order():
    text = "faces that look angry, happy or sad. labels: 0=angry, 1=disgust, 2=fear"
    assert _order_told(text) == [("0", "angry"), ("1", "disgust"), ("2", "fear")]
