"""The embedded faces: the same bytes everywhere, true masks, no hint but the units."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.drawn import faces
from fer_lib.drawn.action_units import PROTOTYPES, UNITS
from fer_lib.drawn.canvas import TRAITS, Canvas
from fer_lib.errors import UserError

PEOPLE = 24
UPPER = (1, 2, 4, 5, 6, 7, 9)  # these act above the lips; the others below the eyes

# EMFACS's table, as the notes of OpenDBM and of Lucey et al. (2010) print it.
EMFACS = {
    "angry": {4, 5, 7, 23},
    "disgust": {9, 15, 16},
    "fear": {1, 2, 4, 5, 7, 20, 26},
    "happy": {6, 12},
    "sad": {1, 4, 15},
    "surprise": {1, 2, 5, 26},
    "neutral": set(),
}


@pytest.fixture(scope="module")
def drawn():
    return [faces.face(0, i) for i in range(PEOPLE)]


def digest(images):
    return hashlib.sha256(images.tobytes()).hexdigest()


def height(face):
    """How far below the face's middle each pixel lies, in the face's own pixels: (48, 48)."""
    traits = {name: np.full((1, 1, 1), x, np.float32) for name, x in face.traits.items()}
    units = {unit: np.zeros((1, 1, 1), np.float32) for unit in UNITS}
    return Canvas(units, traits, np.zeros((1, 4, 48, 48), np.uint8)).y[0]


def test_another_process_draws_the_same_bytes(drawn):
    code = (
        "import hashlib; from fer_lib.drawn.faces import face, render;"
        f"x = render([face(0, i) for i in range({PEOPLE})]);"
        "print(hashlib.sha256(x.tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(faces.render(drawn))


def test_a_face_is_the_same_in_any_company(drawn):
    together = faces.render(drawn)
    order = np.random.default_rng(0).permutation(PEOPLE)
    assert (faces.render([drawn[i] for i in order]) == together[order]).all()
    assert (faces.render(drawn[5:6])[0] == together[5]).all()


def test_faces_differ_by_seed_and_by_index():
    images = faces.render([faces.face(s, i) for s in (0, 1) for i in (0, 1)])
    assert len({digest(image) for image in images}) == 4


def test_no_faces_are_an_empty_batch():
    assert faces.render([]).shape == (0, 48, 48)


def test_images_use_the_grey_scale(drawn):
    images = faces.render(drawn)
    assert images.dtype == np.uint8
    assert images.shape == (PEOPLE, 48, 48)
    assert (images.std((1, 2)) > 10).all()


def test_prototypes_hold_the_published_table():
    for expression, units in EMFACS.items():
        assert units in [set(variant) for variant in PROTOTYPES[expression]], expression
    assert tuple(PROTOTYPES) == EXPRESSIONS
    # Lid and lip are one letter apart; a published table has them swapped.
    assert (UNITS[5], UNITS[10]) == ("upper lid raiser", "upper lip raiser")


def test_every_unit_of_a_prototype_is_known_and_no_stronger_than_full():
    for variants in PROTOTYPES.values():
        for variant in variants:
            assert set(variant) <= set(UNITS)
            assert all(0 < strength <= 1 for strength in variant.values())


def test_a_neutral_face_has_no_mask():
    neutral = faces.face(0, 3, "neutral")
    assert faces.unit_masks(neutral) == {}
    assert not faces.expression_mask(neutral).any()


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_changes_pixels_and_only_in_its_half(unit):
    opened = {} if unit not in (16, 23, 24) else {25: 0.5}
    for i in range(PEOPLE):
        person = faces.with_units(faces.face(0, i, "neutral"), {**opened, unit: 1.0})
        mask = faces.unit_masks(person)[unit]
        assert mask.any(), i
        y = height(person)[mask]
        # The seam of the lips lies at 12 or lower, the eyes at -5.
        assert y.max() < 11 if unit in UPPER else y.min() > -5, i


def test_a_reverted_unit_changes_nothing_outside_its_mask(drawn):
    for person in drawn:
        for unit, mask in faces.unit_masks(person).items():
            change = faces.render([person])[0] != faces.render([faces.revert(person, unit)])[0]
            assert (change == mask).all()


def test_the_expressions_mask_is_the_union(drawn):
    for person in drawn[:6]:
        union = sum(mask.astype(int) for mask in faces.unit_masks(person).values()) + np.zeros(
            (48, 48)
        )
        assert (faces.expression_mask(person) == (union > 0)).all()


def test_revert_takes_back_one_unit_and_keeps_the_person(drawn):
    happy = faces.face(0, 1, "happy")
    without = faces.revert(happy, 12)
    assert set(without.units) == set(happy.units) - {12}
    assert without.traits == happy.traits
    assert faces.with_units(without, {12: happy.units[12]}).units == happy.units


def test_the_same_person_wears_every_expression():
    people = [faces.face(2, 9, expression) for expression in EXPRESSIONS]
    assert all(person.traits == people[0].traits for person in people)
    assert [person.name for person in people] == list(EXPRESSIONS)


def test_regions_lie_where_a_face_has_them(drawn):
    person = faces.face(0, 0, "neutral")
    regions, y = faces.region_masks(person), height(person)
    order = ["forehead", "brows", "eyes", "nose", "mouth"]
    heights = [y[regions[name]].mean() for name in order]
    assert heights == sorted(heights)
    assert not (regions["background"] & regions["mouth"]).any()


def test_what_tells_nothing_has_a_mask_only_where_it_is(drawn):
    wearers = [person.traits["glasses"] > 0 for person in drawn]
    assert 0 < sum(wearers) < PEOPLE
    assert [faces.avoid_masks(person)["glasses"].any() for person in drawn] == wearers


@pytest.mark.parametrize(
    "classifier",
    [
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)),
        RandomForestClassifier(40, random_state=0),
    ],
)
def test_nuisances_do_not_tell_the_expression(classifier):
    people = [faces.face(4, i) for i in range(2000)]
    traits = np.array([[person.traits[name] for name in TRAITS] for person in people])
    labels = np.array([person.expression for person in people])
    right = (
        classifier.fit(traits[:1000], labels[:1000]).predict(traits[1000:]) == labels[1000:]
    ).sum()
    assert stats.binomtest(int(right), 1000, 1 / 7, alternative="greater").pvalue > 0.001


def test_intensity_is_spread_alike_in_every_class():
    people = [faces.face(5, i) for i in range(2100)]
    strengths = np.array([person.intensity for person in people])
    labels = np.array([person.expression for person in people])
    assert faces.FAINTEST <= strengths.min() < 0.2
    assert 0.98 < strengths.max() <= 1
    for label in range(7):
        assert stats.ks_2samp(strengths[labels == label], strengths[labels != label]).pvalue > 0.001
    assert stats.chisquare(np.bincount(labels)).pvalue > 0.001


def test_embedded_runs_its_indices_on(monkeypatch):
    monkeypatch.setattr(faces, "TRAIN", 20)
    monkeypatch.setattr(faces, "VALIDATION", 8)
    drawn = faces.embedded(3)
    assert (len(drawn.train), len(drawn.validation), len(drawn.test)) == (20, 8, 0)
    assert (
        drawn.validation.images == faces.render([faces.face(3, 20 + j) for j in range(8)])
    ).all()
    assert drawn.validation.labels.tolist() == [p.expression for p in faces.validation_faces(3)]


@pytest.mark.parametrize(
    ("wrong", "allowed"),
    [
        (lambda: faces.face(0, 0, "joy"), "angry, disgust, fear, happy, sad, surprise, neutral"),
        (lambda: faces.face(0, -1), "0 or more"),
        (lambda: faces.face(-1, 0), "0 or more"),
        (lambda: faces.revert(faces.face(0, 0), 3), "1, 2, 4, 5, 6, 7, 9, 10"),
        (lambda: faces.with_units(faces.face(0, 0), {12: 1.5}), "0 to 1"),
        (lambda: faces.with_units(faces.face(0, 0), {12: float("nan")}), "0 to 1"),
    ],
)
def test_a_wrong_argument_is_told_what_is_allowed(wrong, allowed):
    with pytest.raises(UserError, match=allowed):
        wrong()
