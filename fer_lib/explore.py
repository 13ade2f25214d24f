"""Widgets for JupyterLab: sliders that move a figure. No stored page holds one.

>>> from fer_lib import explore  # in a notebook of your own
>>> explore.convolution()
>>> explore.faces(load_or_train(Recipe(model="shallow")))
"""

from collections.abc import Callable
from io import BytesIO

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from fer_lib.data.faceset import EXPRESSIONS, to_input
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import render, validation_faces, with_units
from fer_lib.errors import UserError
from fer_lib.plots import convolution as windows
from fer_lib.plots import saliency as maps
from fer_lib.plots import style
from fer_lib.questions.saliency import METHODS, label_of
from fer_lib.training.run import Run


def convolution() -> widgets.VBox:
    """One axis of a convolution under sliders: its windows, and the pixels that none reads."""
    return live(
        lambda **setting: windows.rows(tuple(setting.values())),
        size=widgets.IntSlider(11, 1, 32),
        kernel=widgets.IntSlider(4, 1, 11),
        stride=widgets.IntSlider(3, 1, 8),
        padding=widgets.IntSlider(1, 0, 5),
        dilation=widgets.IntSlider(1, 1, 4),
    )


def faces(run: Run) -> widgets.VBox:
    """A drawn validation face whose action unit is moved: see prediction and map move with it.

    With the unit "as drawn" the strength has no say.
    """
    originals = validation_faces()
    units = {"as drawn": 0} | {f"AU{unit} {name}": unit for unit, name in UNITS.items()}

    def draw(face: int, expression: str, method: str, unit: int, strength: float) -> Figure:
        one = originals[face]
        images = render([one, with_units(one, {unit: strength}) if unit else one])
        before, now = run.predict(images)
        target = torch.tensor([label_of(expression)])
        values = METHODS[method].explain(run.model, to_input(images[1:]), target)[0, 0]
        return maps.moved(images[1], values.cpu().numpy(), now, before)

    return live(
        draw,
        face=widgets.IntSlider(0, 0, len(originals) - 1, continuous_update=False),
        expression=widgets.Dropdown(options=EXPRESSIONS, value="happy"),
        method=widgets.Dropdown(options=list(METHODS), value="SmoothGrad"),
        unit=widgets.Dropdown(options=units),
        strength=widgets.FloatSlider(1, min=0, max=1, step=0.1, continuous_update=False),
    )


def live(draw: Callable[..., Figure], **controls: widgets.ValueWidget) -> widgets.VBox:
    """`controls` above the figure that `draw` makes of their values, drawn again at each change.

    A setting that `draw` refuses leaves the last figure and says why above it.
    """
    picture, refusal = widgets.Image(format="png"), widgets.Label()

    def redraw(_: object = None) -> None:
        buffer = BytesIO()
        try:
            with plt.rc_context():  # the report's look, for this figure alone
                style.use()
                figure = draw(**{name: control.value for name, control in controls.items()})
                figure.savefig(buffer, format="png")
                plt.close(figure)  # else JupyterLab shows it once more
            picture.value, refusal.value = buffer.getvalue(), ""
        except (ValueError, UserError) as error:
            refusal.value = str(error)

    for name, control in controls.items():
        control.set_trait("description", name.replace("_", " "))
        control.observe(redraw, names="value")
    redraw()
    return widgets.VBox([*controls.values(), refusal, picture])
