import numpy as np
import pytest

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.plots import audit as plots
from fer_lib.studies.audit import audit


@pytest.fixture(scope="module")
def counted():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 48, 48), dtype=np.uint8)
    images[21] = images[0]  # 0 and 21 % 5
    labels = np.arange(30) % 5  # no surprise, no neutral
    return audit(FaceSet("set", Split(images[:20], labels[:20]), Split(images[20:], labels[20:])))


def test_shares_are_of_each_split(counted):
    left, right = plots.overview(counted).axes
    widths = [bar.get_width() for bars in left.containers for bar in bars]
    expected = [*(counted.splits.loc["train"] / 20)[list(EXPRESSIONS)]]
    expected += [*(counted.splits.loc["validation"] / 10)[list(EXPRESSIONS)]]
    np.testing.assert_allclose(widths, expected)
    means = [line.get_xdata()[0] for line in right.lines]
    np.testing.assert_allclose(means, counted.brightness["mean"])


def test_look_alikes_are_stacked_to_all_pairs(counted):
    (ax,) = plots.look_alikes(counted).axes
    ends = [bar.get_x() + bar.get_width() for bar in ax.containers[-1]]
    assert ends == (counted.pairs["identical"] + counted.pairs["near"]).tolist() == [0, 1, 0]
    assert [bar.get_width() for bar in ax.containers[-1]] == [0, 1, 0]  # labels 0 and 1
