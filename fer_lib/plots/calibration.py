"""The reliability diagram."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from fer_lib.plots.style import FAINT, INK, SHARE, TRAINING
from fer_lib.studies.calibration import BINS, Reliability

LARGEST = 90  # area of the fullest bin's point, in square points


def reliability(r: Reliability) -> Figure:
    """Accuracy against confidence, bin by bin: a point's area is its faces, counted below."""
    figure, (ax, counts) = plt.subplots(2, figsize=(4.2, 4.4), height_ratios=[3, 1], sharex=True)
    ax.plot([0, 1], [0, 1], ":", color=INK, lw=1, label="calibrated")
    # an empty bin has neither accuracy nor interval
    some = r.faces > 0
    ends = np.abs(np.stack([r.accuracy - r.low, r.high - r.accuracy]))[:, some]
    ax.errorbar(r.confidence[some], r.accuracy[some], ends, color=TRAINING, label="the network")
    area = LARGEST * r.faces[some] / r.faces.max()
    ax.scatter(r.confidence[some], r.accuracy[some], area, color=TRAINING, zorder=3)
    ax.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.03))
    ax.yaxis.set_major_formatter(SHARE)
    ax.legend(loc="upper left")
    edges = np.arange(BINS) / BINS
    counts.bar(edges, r.faces, width=1 / BINS, align="edge", color=FAINT, edgecolor="white")
    counts.set(xlabel="confidence", ylabel="faces")
    counts.xaxis.set_major_formatter(SHARE)
    return figure
