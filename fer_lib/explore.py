"""Widgets for JupyterLab: sliders that move a figure. No stored page holds one.

>>> from fer_lib import explore
>>> explore.convolution()  # in a notebook of your own
"""

from collections.abc import Callable
from io import BytesIO

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from fer_lib.errors import UserError
from fer_lib.plots import convolution as drawn
from fer_lib.plots import style


def convolution() -> widgets.VBox:
    """One axis of a convolution under sliders: its windows, and the pixels that none reads."""
    return live(
        lambda **setting: drawn.rows(tuple(setting.values())),
        size=widgets.IntSlider(11, 1, 32),
        kernel=widgets.IntSlider(4, 1, 11),
        stride=widgets.IntSlider(3, 1, 8),
        padding=widgets.IntSlider(1, 0, 5),
        dilation=widgets.IntSlider(1, 1, 4),
    )


def live(draw: Callable[..., Figure], **controls: widgets.ValueWidget) -> widgets.VBox:
    """`controls` above the figure that `draw` makes of their values, drawn again at each change.

    A setting that `draw` refuses leaves the last figure and says why above it.
    """
    picture, refusal = widgets.Image(format="png"), widgets.Label()

    def redraw(_: object = None) -> None:
        try:
            picture.value = _png(draw, {name: control.value for name, control in controls.items()})
            refusal.value = ""
        except (ValueError, UserError) as error:
            refusal.value = str(error)

    for name, control in controls.items():
        control.set_trait("description", name.replace("_", " "))
        control.observe(redraw, names="value")
    redraw()
    return widgets.VBox([*controls.values(), refusal, picture])


def _png(draw: Callable[..., Figure], values: dict[str, object]) -> bytes:
    buffer = BytesIO()
    with plt.rc_context():  # the report's look, for this figure alone
        style.use()
        figure = draw(**values)
        figure.savefig(buffer, format="png")
        plt.close(figure)  # else JupyterLab shows it once more
    return buffer.getvalue()
