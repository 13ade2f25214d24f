import numpy as np

from fer_lib.plots import calibration as plots
from fer_lib.studies.calibration import BINS, reliability


def test_reliability_shows_the_bins_that_hold_faces():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(7), 500)
    r = reliability(rng.integers(0, 7, 500), probabilities)
    ax, counts = plots.reliability(r).axes
    some = r.faces > 0
    np.testing.assert_allclose(ax.lines[1].get_xdata(), r.confidence[some])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), r.accuracy[some])
    assert [bar.get_height() for bar in counts.patches] == r.faces.tolist()
    assert len(counts.patches) == BINS
    areas = ax.collections[-1].get_sizes()
    np.testing.assert_allclose(areas / areas.max(), r.faces[some] / r.faces.max())
