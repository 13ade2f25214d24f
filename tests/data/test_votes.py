"""FER+'s votes beside a data set of each form; what is no table of votes is refused."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_lib.data import votes as module
from fer_lib.data.faceset import EXPRESSIONS, joined
from fer_lib.data.readers import read_faces
from fer_lib.data.votes import COLUMNS, FERPLUS, LABELS, TABLE, check_order, plurality
from fer_lib.errors import UserError
from fer_lib.loading import load_faces

N = 28  # four faces of each class, of which every fourth is PublicTest's
USAGE = np.where(np.arange(N) % 4 == 3, "PublicTest", "Training")
LABEL = np.arange(N) % 7


def ferplus(path, **columns):
    """Face i: i + 1 votes for its label, one for contempt; FER+ names all but the sixth."""
    names = [f"fer{i:07d}.png" for i in range(N)]
    names[5] = None
    table = pd.DataFrame({"Usage": USAGE, "Image name": names} | dict.fromkeys(FERPLUS, 0))
    table.loc[:, "contempt"] = 1
    for i, k in enumerate(LABEL):
        table.loc[i, list(COLUMNS)[k]] = i + 1
    table.assign(**columns).to_csv(path, index=False)
    return path


def csv(path, drawn, order=range(N)):
    lines = [f"{LABEL[i]},{' '.join(map(str, drawn[1][i].ravel()))},{USAGE[i]}" for i in order]
    path.write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")
    return path


def pictures(folder, drawn, name):
    for i in range(N):
        path = folder / name(i)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn[1][i]).save(path)
    return folder


def by_image(faces):
    """Each face's votes, by its pixels."""
    splits = [s for s in faces.splits.values() if len(s)]
    return {i.tobytes(): v for s in splits for i, v in zip(s.images, s.votes, strict=True)}


def assert_votes(faces, drawn, missing=(5,)):
    found = by_image(faces)
    for i, image in enumerate(drawn[1]):
        own = found[image.tobytes()]
        expected = np.zeros(10)
        expected[LABEL[i]], expected[7] = i + 1, 1
        np.testing.assert_array_equal(own, np.full(10, np.nan) if i in missing else expected)


def kaggle(i):
    split = "test" if USAGE[i] == "PublicTest" else "train"
    return f"{split}/{EXPRESSIONS[LABEL[i]]}/{USAGE[i]}_{900 - i}.png"


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """A table of Kaggle's names for these faces: FER+ counts through Training's first."""
    path = tmp_path / "names.npz"
    ids = np.array([900 - i for i in range(N)])
    order = [*np.flatnonzero(USAGE == "Training"), *np.flatnonzero(USAGE == "PublicTest")]
    np.savez(path, Training=ids[order[:21]], PublicTest=ids[order[21:]])
    monkeypatch.setattr(module, "NAMES", path)
    names = np.empty(N, object)
    names[order] = [f"fer{n:07d}.png" for n in range(N)]
    return names


def test_rows_of_the_csv_have_the_rows_beside_it(tmp_path, drawn):
    ferplus(tmp_path / TABLE)
    faces = read_faces(csv(tmp_path / "fer2013.csv", drawn))
    assert_votes(faces, drawn)
    assert f"votes for 27 of 28 faces from {TABLE}" in faces.notes
    assert faces.train.votes.shape == (21, 10)


def test_votes_that_lie_elsewhere_are_given(tmp_path, drawn):
    data = csv(tmp_path / "fer2013.csv", drawn)
    assert read_faces(data).train.votes is None
    (tmp_path / "votes").mkdir()
    assert_votes(read_faces(data, votes=ferplus(tmp_path / "votes" / "mine.csv")), drawn)


def test_kaggle_s_images_are_found_by_our_table(tmp_path, drawn, ours):
    table = ferplus(tmp_path / TABLE, **{"Image name": ours})
    faces = read_faces(pictures(tmp_path / "kaggle", drawn, kaggle), votes=table)
    assert_votes(faces, drawn, missing=())


def test_of_two_images_of_one_name_neither_has_votes(tmp_path, drawn, ours):
    table = ferplus(tmp_path / TABLE, **{"Image name": ours})
    folder = pictures(tmp_path / "kaggle", drawn, kaggle)
    other = np.full((48, 48), 7, np.uint8)
    Image.fromarray(other).save(folder / "train" / "sad" / "Training_900.png")
    faces = read_faces(folder, votes=table)
    assert np.isnan(by_image(faces)[other.tobytes()]).all()
    assert np.isnan(by_image(faces)[drawn[1][0].tobytes()]).all()


def test_a_table_may_name_the_images_themselves(tmp_path, drawn):
    folder = pictures(tmp_path / "mine", drawn, lambda i: f"{EXPRESSIONS[LABEL[i]]}/{i}.png")
    path = ferplus(tmp_path / "votes.csv", **{"Image name": [f"deep/{i}.png" for i in range(N)]})
    table = pd.read_csv(path).drop(columns="Usage")
    table.rename(columns={"Image name": "member", "NF": "not_a_face"}).to_csv(path, index=False)
    assert_votes(read_faces(folder, votes=path), drawn, missing=())
    other = np.full((48, 48), 7, np.uint8)
    Image.fromarray(other).save(folder / "sad" / "3.png")  # face 3 is happy
    faces = read_faces(folder, votes=path)
    assert_votes(faces, drawn, missing=(3,))
    assert np.isnan(by_image(faces)[other.tobytes()]).all()
    table = pd.read_csv(path)
    table.loc[9, "member"] = "shallow/8.png"
    table.to_csv(path, index=False)
    assert_votes(read_faces(folder, votes=path), drawn, missing=(3, 8, 9))


@pytest.fixture
def home(tmp_path, drawn):
    """FER+'s own folder: the first face has one vote for its label and one for contempt."""
    table = pd.read_csv(ferplus(tmp_path / "all.csv"))
    table["Image name"] = [f"fer{i:07d}.png" for i in range(N)]
    folder = {"Training": "FER2013Train", "PublicTest": "FER2013Valid"}
    home = pictures(tmp_path / "data", drawn, lambda i: f"{folder[USAGE[i]]}/fer{i:07d}.png")
    for usage, rows in table.groupby("Usage"):
        rows = rows.assign(box="(0, 0, 48, 48)")[["Image name", "box", *FERPLUS]]
        rows.to_csv(home / folder[usage] / LABELS, header=False, index=False)
    return home


def test_ferplus_s_own_folder_is_labelled_by_the_top_answer(home, drawn):
    faces = read_faces(home)
    assert (len(faces.train), len(faces.validation)) == (20, 7)
    assert drawn[1][0].tobytes() not in by_image(faces)
    for split in (faces.train, faces.validation):
        assert (plurality(split.votes) == split.labels).all()
    assert any("1 picture with none of ours left out" in note for note in faces.notes)
    assert not any("left alone" in note for note in faces.notes)


def test_of_ferplus_s_own_folder_a_class_is_left_out(home, drawn):
    faces = read_faces(home, ["happiness"])
    assert faces.train.counts.tolist() == [2, 3, 3, 0, 3, 3, 3]
    assert "4 faces of happiness left out" in faces.notes
    for split in (faces.train, faces.validation):
        assert (plurality(split.votes) == split.labels).all()


def test_ferplus_s_own_folder_is_parsed_once(home, monkeypatch):
    read, tables = pd.read_csv, []

    def note(path, **how):
        tables.append(path)
        return read(path, **how)

    monkeypatch.setattr(pd, "read_csv", note)
    read_faces(home)
    assert sorted(tables) == sorted(home.glob(f"*/{LABELS}"))


def test_of_a_folder_with_both_the_whole_table_is_read(home):
    """Whether it lies beside the faces or is given."""
    ferplus(home / TABLE)
    (home / "mylabel.csv").write_text("a,b\n1,2\n")
    for votes in (None, home):
        faces = read_faces(home, votes=votes)
        assert np.isnan(faces.train.votes[:, 0]).sum() == 0
        assert len(faces.train) == 19  # FER+ left the sixth out
        (left,) = [note for note in faces.notes if "left alone" in note]
        assert left == "3 files left alone (3 .csv), as FER2013Train/label.csv"


def test_ferplus_s_pictures_without_votes_are_refused_with_what_to_do(tmp_path, drawn):
    home = pictures(tmp_path / "data", drawn, lambda i: f"FER2013Train/fer{i:07d}.png")
    with pytest.raises(UserError, match=r"votes and no label; put its fer2013new\.csv"):
        read_faces(home)


def test_subsets_keep_their_votes(tmp_path, drawn):
    ferplus(tmp_path / TABLE)
    train = read_faces(csv(tmp_path / "fer2013.csv", drawn)).train
    some = train[np.array([4, 2])]
    np.testing.assert_array_equal(some.votes, train.votes[[4, 2]])
    both = joined(train, some)
    np.testing.assert_array_equal(both.votes[-2:], some.votes)


def test_the_cache_keeps_votes_and_reads_new_ones(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr("fer_lib.data.cache.AT_REST", -1)
    data = str(csv(tmp_path / "fer2013.csv", drawn))
    bare = load_faces(data)
    assert bare.train.votes is None
    ferplus(tmp_path / TABLE)
    assert_votes(load_faces(data), drawn)
    monkeypatch.setattr("fer_lib.data.cache.read_faces", lambda *_: pytest.fail("read again"))
    again = load_faces(data)
    assert_votes(again, drawn)
    assert again.fingerprint == bare.fingerprint  # the same faces: runs stay valid
    assert again.train.votes_fingerprint != bare.train.votes_fingerprint


def test_votes_beside_are_another_entry_of_the_cache_than_votes_given(tmp_path, drawn, monkeypatch):
    """What lies beside may be wrong, and is left with a note; given, it is an error."""
    monkeypatch.setattr("fer_lib.data.cache.AT_REST", -1)
    data, table = str(csv(tmp_path / "fer2013.csv", drawn)), ferplus(tmp_path / TABLE, fear=-1)
    assert any("votes not read" in note for note in load_faces(data).notes)
    with pytest.raises(UserError, match="fear has -1 votes"):
        load_faces(data, table)


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ({"Image name": range(N)}, ()),
        ({"Image name": None}, range(N)),
        ({"member": "another"}, (5,)),
        ({"not_a_face": 9}, (5,)),
    ],
)
def test_names_of_any_kind_are_read(tmp_path, drawn, columns, missing):
    """Numbers, or none at all; where a column stands in two spellings, FER+'s own counts."""
    ferplus(tmp_path / TABLE, **columns)
    assert_votes(read_faces(csv(tmp_path / "fer2013.csv", drawn)), drawn, missing)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"anger": -1}, "line 2: anger has -1 votes.*download"),
        ({"fear": 0.5}, "whole numbers"),
        ({"fear": "many"}, "fear has many votes"),
        ({"Usage": "Training"}, "line 5: Usage Training is not that of the face"),
    ],
)
def test_what_is_no_table_of_votes_is_refused(tmp_path, drawn, columns, why):
    data, table = csv(tmp_path / "fer2013.csv", drawn), ferplus(tmp_path / "v.csv", **columns)
    with pytest.raises(UserError, match=why):
        read_faces(data, votes=table)


def test_tables_of_other_shapes_are_refused(tmp_path, drawn):
    data, table = csv(tmp_path / "fer2013.csv", drawn), ferplus(tmp_path / "v.csv")
    frame = pd.read_csv(table)
    frame[:-1].to_csv(table, index=False)
    with pytest.raises(UserError, match="votes for 27 rows, but the faces have 28; give all"):
        read_faces(data, votes=table)
    frame.drop(columns="disgust").to_csv(table, index=False)
    with pytest.raises(UserError, match="no column disgust; give FER"):
        read_faces(data, votes=table)
    with pytest.raises(UserError, match=r"no table of votes that opens.*give FER"):
        read_faces(data, votes=tmp_path / "nowhere.csv")
    folder = pictures(tmp_path / "mine", drawn, lambda i: f"{EXPRESSIONS[LABEL[i]]}/{i}.png")
    with pytest.raises(UserError, match="no votes for pictures of these names"):
        read_faces(folder, votes=ferplus(table))
    with pytest.raises(UserError, match="not on drawn ones"):
        load_faces("embedded", table)


def test_a_table_that_lies_beside_other_faces_is_named_and_left(tmp_path, drawn):
    ferplus(tmp_path / TABLE)
    faces = read_faces(csv(tmp_path / "some.csv", drawn, order=range(N - 1)))
    assert faces.train.votes is None
    assert any("votes not read" in note and "28 rows" in note for note in faces.notes)


def test_votes_in_another_order_are_told_by_the_labels(tmp_path):
    labels = np.arange(700) % 7
    votes = np.eye(10)[labels] * 6 + 0.4
    check_order(tmp_path, votes, labels)
    with pytest.raises(UserError, match="no more often than by chance"):
        check_order(tmp_path, votes, np.random.default_rng(0).permutation(labels))
    votes[::2] = np.eye(10)[9]  # no face, so without a label
    labels[::2] = -1
    check_order(tmp_path, votes, labels)
    with pytest.raises(UserError, match="no more often than by chance"):
        check_order(tmp_path, votes, np.where(labels < 0, -1, np.roll(labels, 2)))


def test_votes_in_another_order_in_one_split_alone_are_told(tmp_path):
    generator = np.random.default_rng(0)
    labels, splits = np.tile(np.arange(7), 20), np.repeat(["Training", "PrivateTest"], 70)
    text = " ".join(["7"] * 2303)
    lines = [f"{i % 7},{i} {text},{split}" for i, split in enumerate(splits)]
    (tmp_path / "fer.csv").write_text("\n".join(["emotion,pixels,Usage", *lines]))
    for shuffled in (False, True):
        seen = np.r_[generator.permutation(labels[:70]), labels[70:]] if shuffled else labels
        table = pd.DataFrame(np.eye(10, dtype=int)[seen] * 9, columns=list(COLUMNS))
        table.insert(0, "Image name", [f"fer{i:07}.png" for i in range(140)])
        table.assign(Usage=splits).to_csv(tmp_path / TABLE, index=False)
        notes = read_faces(tmp_path / "fer.csv").notes
        assert any("no more often than by chance" in note for note in notes) == shuffled


def test_votes_for_faces_of_one_class_have_no_order_to_be_told(tmp_path):
    labels = np.full(700, 3)
    check_order(tmp_path, np.eye(10)[labels] * 6 + 0.4, labels)


def test_a_tie_has_no_top_answer():
    votes = np.array([[5, 5, *[0] * 8], [0, 4, 0, 0, 3, 3, 0, 0, 0, 0], [np.nan] * 10])
    assert plurality(votes).tolist() == [-1, 1, -1]


def test_our_table_names_each_image_once():
    names = module._ferplus_names()
    assert len(names) == 32_120
    assert sum(kaggle.startswith("PublicTest_") for kaggle in names) == 3_579
    assert names["PublicTest_57272892"] == "fer0028638.png"
