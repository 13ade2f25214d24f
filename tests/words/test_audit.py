import numpy as np
import pytest

from fer_lib.data.faceset import FaceSet, Split, no_faces
from fer_lib.studies.audit import audit
from fer_lib.words import audit as words


def pictures(n):
    """Pictures with large forms, as faces have: (n, 48, 48) uint8."""
    coarse = np.random.default_rng(0).integers(40, 200, (n, 8, 8))
    return np.kron(coarse, np.ones((6, 6))).astype(np.uint8)


def test_the_words_are_what_was_counted():
    x = pictures(8)
    x[7] = x[0]
    counted = audit(FaceSet("set", Split(x[:6], np.arange(6)), Split(x[6:], np.array([1, 2]))))
    assert words.protocol(counted) == (
        'The set "set" holds 6 images to train on, 2 to choose on, and no test split.'
    )
    text = words.findings(counted)
    assert "Of 8 images, none are blank and none nearly so. 1 pairs are identical" in text
    assert "and 1 of these pairs carry two different labels." in text
    assert "Of the 2 validation images, 1 (50.0 %) have a near-duplicate in train." in text
    report = words.plain_report(counted)
    for part in (*counted.fingerprints.values(), words.protocol(counted), text):
        assert part in report


BLANKS = Split(np.zeros((2, 48, 48), np.uint8), np.zeros(2, int))


@pytest.mark.parametrize("empty", [no_faces(), BLANKS])
def test_a_set_of_nothing_or_of_blanks_has_a_report(empty):
    counted = audit(FaceSet("none", empty, no_faces()))
    assert "none are near-duplicates" in words.plain_report(counted)
    assert "nan" not in words.findings(counted)
