from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from fer_lib.data.faceset import FaceSet, Split, no_faces
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.studies.audit import audit, load_audit, save_audit

NAMES = ("train", "validation", "test")


def smooth(seed, n):
    """Pictures with large forms, as faces have: (n, 48, 48) uint8."""
    coarse = np.random.default_rng(seed).integers(40, 200, (n, 8, 8))
    return np.kron(coarse, np.ones((6, 6))).astype(np.uint8)


def faceset(*splits):
    splits = [Split(x, np.asarray(y, np.int64)) for x, y in splits]
    return FaceSet("set", *splits, *[no_faces()] * (3 - len(splits)))


def brute(faces):
    """Every pair, one at a time, by numpy's own correlation."""
    all_images = [
        (part, label, image)
        for part, split in enumerate((faces.train, faces.validation, faces.test))
        for label, image in zip(split.labels, split.images, strict=True)
        if image.std() > 0
    ]
    rows = {}
    twin = set()
    for (i, (a, y, image)), (j, (b, z, other)) in combinations(enumerate(all_images), 2):
        same = (image == other).all()
        # planted or not: none lies between
        near = not same and np.corrcoef(image.ravel(), other.ravel())[0, 1] >= 0.9
        row = rows.setdefault(f"{NAMES[a]} – {NAMES[b]}", dict.fromkeys(COLUMNS, 0))
        row["identical"] += same
        row["near"] += near
        clash = y != z
        row["identical_conflicting"] += same and clash
        row["near_conflicting"] += near and clash
        if same or near:
            twin |= {(a, b, j)} | ({(a, b, i)} if a == b else set())
    for a, b, _ in twin:
        rows[f"{NAMES[a]} – {NAMES[b]}"]["images"] += 1
    return pd.DataFrame(rows).T


COLUMNS = ["identical", "near", "identical_conflicting", "near_conflicting", "images"]


def planted(seed, n=40):
    """Copies as they are, in another contrast, with noise; blank images."""
    generator = np.random.default_rng(seed)
    images = smooth(seed, n)
    for kind in ("copy", "light", "noise"):
        for source, target in generator.integers(0, n, (5, 2)):
            image = images[source].astype(float)
            image = image * 0.8 + 20 if kind == "light" else image
            image = image + generator.normal(0, 6, image.shape) if kind == "noise" else image
            images[target] = image.clip(0, 255)
    images[generator.integers(0, n, 3)] = 0
    labels = generator.integers(0, 4, n)
    cuts = sorted(generator.integers(2, n - 2, 2))
    return faceset(*zip(np.split(images, cuts), np.split(labels, cuts), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_pairs_are_those_of_every_pair_tried(seed):
    faces = planted(seed)
    found, expected = audit(faces).pairs, brute(faces)
    expected = expected.reindex(found.index, fill_value=0)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert found["near"].sum() > 0
    assert found["identical"].sum() > 0


@pytest.mark.parametrize("seed", range(5))
def test_near_duplicates_are_the_images_that_the_audit_counts(seed):
    faces = planted(seed)
    counted = audit(faces).pairs["images"]
    for other in ("validation", "test"):
        found = near_duplicates(getattr(faces, other).images, faces.train.images)
        assert found.sum() == counted.get(f"train – {other}", 0)


def test_counts_by_split_and_class_blank_and_flat():
    images = smooth(0, 6)
    images[0] = 7
    images[1] = 100 + np.arange(48) % 2  # half a grey level of deviation
    found = audit(faceset((images[:4], [0, 0, 3, 6]), (images[4:], [3, 5])))
    assert found.splits.loc["train"].to_dict() == {
        **dict.fromkeys(("disgust", "fear", "sad", "surprise"), 0),
        **{"angry": 2, "happy": 1, "neutral": 1, "all": 4, "blank": 1, "flat": 1},
    }
    assert found.splits.loc["validation", ["happy", "all"]].tolist() == [1, 2]


def test_brightness_is_that_of_numpy():
    images = smooth(1, 9)
    labels = np.arange(9) % 2
    found = audit(faceset((images, labels))).brightness
    assert found.index.tolist() == ["angry", "disgust"]
    means = images.mean((1, 2))
    for label, row in enumerate(found.to_numpy()):
        chosen = labels == label
        contrast = images[chosen].std((1, 2)).mean()
        np.testing.assert_allclose(row, [means[chosen].mean(), means[chosen].std(), contrast])


def test_ten_thousand_copies_cost_no_pairs_in_memory():
    faces = faceset((np.repeat(smooth(0, 1), 10_000, 0), np.zeros(10_000)))
    row = audit(faces).pairs.loc["train – train"]
    # fifty million pairs, one by one, would take a minute and a gigabyte
    assert row.tolist() == [10_000 * 9_999 // 2, 0, 0, 0, 10_000]


def test_an_audit_is_written_and_read_back(tmp_path):
    found = audit(planted(0))
    save_audit(found, tmp_path / "audit.json")
    again = load_audit(tmp_path / "audit.json")
    assert (again.name, again.notes) == (found.name, found.notes)
    assert again.fingerprints == found.fingerprints
    for name in ("splits", "pairs", "brightness"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))


BLANKS = Split(np.zeros((2, 48, 48), np.uint8), np.zeros(2, int))


@pytest.mark.parametrize("empty", [no_faces(), BLANKS])
def test_a_set_of_nothing_or_of_blanks_has_an_audit(empty):
    found = audit(FaceSet("none", empty, no_faces()))
    assert len(found.pairs) == 0
    assert found.splits.loc["train", "blank"] == len(empty)
