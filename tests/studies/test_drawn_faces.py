import numpy as np

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.drawn import faces
from fer_lib.studies import drawn_faces


def test_fer2013_has_its_published_size():
    assert drawn_faces.FER2013_COUNTS.sum() == 28_709


def test_shares_sum_to_one_and_follow_the_counts():
    labels = np.array([0, 0, 3, 6])
    split = Split(np.zeros((4, 48, 48), np.uint8), labels)
    table = drawn_faces.class_shares(FaceSet("set", split, split))
    assert table["drawn"].tolist() == [2, 0, 0, 1, 0, 0, 1]
    np.testing.assert_allclose(table[["drawn share", "FER2013 share"]].sum(), 1)


def test_every_face_is_counted_in_one_step_of_intensity():
    people = [faces.face(0, i) for i in range(200)]
    table = drawn_faces.intensity_counts(people)
    assert list(table.index) == list(EXPRESSIONS)
    assert table.to_numpy().sum() == 200
    strong = sum(person.intensity >= 0.9 for person in people)
    assert table["1.0"].sum() == strong


def test_units_count_those_that_show_them_and_the_pixels_they_change():
    people = [faces.face(0, i, "happy") for i in range(3)]
    table = drawn_faces.unit_counts(people)
    assert table.loc[12, "faces"] == 3
    assert table.loc[12, "expressions"] == "happy"
    masks = [faces.unit_masks(person)[12].mean() for person in people]
    assert table.loc[12, "pixels"] == np.median(masks)
    assert table.loc[15, "faces"] == 0
    assert np.isnan(table.loc[15, "pixels"])


def test_the_most_alike_pair_is_the_known_one():
    table = drawn_faces.shared_units()
    # by hand: 1, 2, 5, 26 and 27 of these and 4, 7, 20, 25 of fear alone
    assert table.loc[0].tolist() == ["fear", "surprise", 5 / 9]
    assert not (table[["a", "b"]] == "neutral").any(axis=None)
