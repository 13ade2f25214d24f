import json

import numpy as np

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.drawn import faces
from fer_lib.studies import drawn_faces as answers


def test_fer2013_has_its_published_size():
    assert answers.FER2013_COUNTS.sum() == 28_709


def test_shares_sum_to_one_and_follow_the_counts():
    labels = np.array([0, 0, 3, 6])
    split = Split(np.zeros((4, 48, 48), np.uint8), labels)
    table = answers.class_shares(FaceSet("embedded", split, split))
    assert table["embedded"].tolist() == [2, 0, 0, 1, 0, 0, 1]
    np.testing.assert_allclose(table[["embedded share", "FER2013 share"]].sum(), 1)


def test_every_face_is_counted_in_one_step_of_intensity():
    people = [faces.face(0, i) for i in range(200)]
    table = answers.intensities(people)
    assert list(table.index) == list(EXPRESSIONS)
    assert table.to_numpy().sum() == 200
    strong = sum(person.intensity >= 0.9 for person in people)
    assert table["1.0"].sum() == strong


def test_units_count_those_that_show_them_and_the_pixels_they_change():
    people = [faces.face(0, i, "happy") for i in range(3)]
    table = answers.units(people)
    assert table.loc[12, "faces"] == 3
    assert table.loc[12, "expressions"] == "happy"
    masks = [faces.unit_masks(person)[12].mean() for person in people]
    assert table.loc[12, "pixels"] == np.median(masks)
    assert table.loc[15, "faces"] == 0
    assert np.isnan(table.loc[15, "pixels"])


def test_the_most_alike_pair_is_the_known_one():
    assert "fear and surprise" in answers.shared_units().split("),")[0]


def test_what_was_measured_is_said_with_and_without_the_transfer(tmp_path):
    numbers = {
        "speed": {"faces": 10000, "seconds": 5, "core_seconds": 9, "cores": 2, "peak_mib": 400},
        "softmax": {"accuracy": 0.3},
    }
    path = tmp_path / "faces.json"
    path.write_text(json.dumps(numbers))
    assert "10,000 faces were drawn in 5.0 s" in answers.measured(path)
    assert "ShallowCNN" not in answers.measured(path)
    transfer = {"faces": 6400, "balanced_accuracy": 0.31, "scored": 3589}
    path.write_text(json.dumps(numbers | {"transfer": transfer}))
    assert "balanced accuracy of 31.0 % on FER2013's 3,589" in answers.measured(path)
