"""The page about drawn faces in words."""

from typing import Any

from fer_lib.formatting import percent


def cost_and_use(measured: dict[str, Any]) -> str:
    """What `experiments/drawn_faces.py` measured: speed, a simple model, and the transfer."""
    speed, transfer = measured["speed"], measured.get("transfer")
    text = (
        f"{speed['faces']:,} faces were drawn in {speed['seconds']:.1f} s on "
        f"{speed['cores']} cores ({speed['core_seconds']:.1f} s of computing), with "
        f"{speed['peak_mib']:,.0f} MiB of memory at most. A softmax regression on the "
        f"pixels is right on {percent(measured['softmax']['accuracy'])} of the validation faces."
    )
    if transfer is None:
        return text
    return text + (
        f" ShallowCNN, trained on {transfer['faces']:,} drawn faces and on nothing else, reaches a "
        f"balanced accuracy of {percent(transfer['balanced_accuracy'])} on FER2013's "
        f"{transfer['scored']:,} validation photographs, where chance is {percent(1 / 7)}."
    )
