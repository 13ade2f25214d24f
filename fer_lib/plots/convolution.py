"""Question 6, drawn: a padded row of pixels, the windows that fit, and the one that does not."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from fer_lib.networks.shapes import conv_output, span, unreached, windows
from fer_lib.plots import style

PIXEL, ZERO, TAP, WINDOW, NEXT = "#D9D9D9", "white", "#A9D6F2", "#0072B2", "#D55E00"
HATCH = "//////"
NUMBERED = 40  # cells in the row, above which their numbers would run into each other


def row(
    ax: Axes, size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Axes:
    """Draw one axis of a convolution, a unit wide for each pixel.

    On top the row: pixels grey with their numbers, zeros of the padding white, hatched what no
    window reads. Below it the windows, numbered as the outputs, each tap blue; windows share a line
    where they do not overlap. Dashed, the next window, which no longer fits.
    Raises ValueError as `conv_output` does.
    """
    setting = (size, kernel, stride, padding, dilation)
    length, fitting, lines = span(kernel, dilation), windows(*setting), _lines(*setting)
    _pixels(ax, size, padding, unreached(*setting))
    for number, taps in enumerate(fitting):
        _window(ax, taps, number % lines, str(number))
    following = range(len(fitting) * stride, len(fitting) * stride + length, dilation)
    _window(ax, following, len(fitting) % lines, "")
    end = max(size + 2 * padding, following[-1] + 1)
    ax.set(xlim=(-0.2, end + 0.2), ylim=(-lines - 0.3, 1.3))
    effective = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) − 1"
    formula = f"n = ⌊({size} + 2·{padding} − {effective}) / {stride}⌋ + 1 = {len(fitting)}"
    ax.set_title(formula, loc="left")
    return style.bare(ax)


def rows(*settings: tuple[int, ...]) -> Figure:
    """A figure of several settings (size, kernel, stride, padding, dilation), one below another."""
    heights = [2.6 + _lines(*setting) for setting in settings]
    figure, axes = plt.subplots(
        len(settings),
        figsize=(style.WIDTH, 0.28 * sum(heights) + 0.25),
        height_ratios=heights,
        squeeze=False,
    )
    for ax, setting in zip(axes[:, 0], settings, strict=True):
        row(ax, *setting)
    key = {
        "pixel": Patch(fc=PIXEL, ec=style.INK),
        "zero of the padding": Patch(fc=ZERO, ec=style.INK),
        "read by no window": Patch(fc="white", ec=style.INK, hatch=HATCH),
        "window of output 0, 1, …": Patch(fc=TAP, ec=WINDOW),
        "next one: no room": Patch(fc="none", ec=NEXT, ls="--"),
    }
    figure.legend(
        [*key.values()], [*key], loc="outside lower left", ncols=5, fontsize=8, columnspacing=1
    )
    return figure


def _lines(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Lines of windows below the row: a window and the one as many lines later do not overlap."""
    count = conv_output(size, kernel, stride, padding, dilation)
    # ⌈span / stride⌉ of them, or fewer where there are not so many windows
    return min(-(-span(kernel, dilation) // stride), count + 1)


def _pixels(ax: Axes, size: int, padding: int, missed: list[int]) -> None:
    numbered = size + 2 * padding <= NUMBERED
    for position in range(size + 2 * padding):
        pixel = position - padding
        inside = 0 <= pixel < size
        cell = Rectangle((position, 0), 1, 1, fc=PIXEL if inside else ZERO, ec=style.INK, lw=0.6)
        if position in missed:
            cell.set(hatch=HATCH, gid="unreached")
        ax.add_patch(cell)
        if numbered and inside and position not in missed:
            ax.text(position + 0.5, 0.47, str(pixel), ha="center", va="center", fontsize=7)


def _window(ax: Axes, taps: range, line: int, label: str) -> None:
    bottom, color = -line - 0.9, WINDOW if label else NEXT
    for tap in taps if label else ():
        ax.add_patch(Rectangle((tap, bottom), 1, 0.7, fc=TAP, ec="white", lw=0.6))
    frame = Rectangle((taps[0], bottom), taps[-1] + 1 - taps[0], 0.7, fc="none", ec=color, lw=1)
    # a name by which a test finds it among the patches
    frame.set(linestyle="-" if label else "--", gid="window" if label else "next")
    ax.add_patch(frame)
    middle = taps[len(taps) // 2] + 0.5
    ax.text(middle, bottom + 0.33, label, ha="center", va="center", fontsize=7)
