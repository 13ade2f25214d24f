"""A run to hand on: its weights in half precision, and a card that says what it may be used for.

The card's text is model_card.md; its questions are those of Mitchell et al. 2019,
https://arxiv.org/abs/1810.03993.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fer_lib.data.faceset import EXPRESSIONS, FaceSet
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.errors import UserError
from fer_lib.formatting import listing, machine, plural
from fer_lib.training import checkpoint
from fer_lib.training.run import Predictions, Run, write_run
from fer_lib.words.confusion import scores


def release(run: Run, faces: FaceSet, folder: Path) -> Path:
    """Write the run again as the new folder `folder`, its weights in 16 bits, with a model card.

    Scores and predictions are those of the weights as they are written. `faces` are those of
    the run; the path to them stays behind. Raises UserError where the folder is there already.
    """
    if run.imported:
        raise UserError(f"{run.path} was trained elsewhere, so that its recipe is not known here")
    if folder.exists():
        raise UserError(f"{folder} is there already; give a new folder")
    scored = faces.validation
    weights = {
        name: value.half() if value.is_floating_point() else value
        for name, value in run.model.state_dict().items()
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    # the run gets its name when it is whole: a kill leaves nothing that looks like one
    with TemporaryDirectory(prefix=".release-", dir=folder.parent) as made:
        new = Run(Path(made) / folder.name, replace(run.recipe, data=Path(run.recipe.data).name))
        vars(new)["manifest"] = run.manifest  # not on the disk yet
        new.path.mkdir()
        checkpoint.store(weights, new.path / "weights.safetensors")
        predictions = Predictions(scored.labels, new.predict(scored.images))
        (new.path / "README.md").write_text(card(run, faces, predictions), encoding="utf-8")
        write_run(new.path, new.recipe, run.history, predictions, run.manifest)
        new.path.rename(folder)
    return folder


def card(run: Run, faces: FaceSet, predictions: Predictions) -> str:
    """The model card of a run that predicts `predictions` on its validation faces."""
    manifest = run.manifest
    threads = manifest["threads"] * manifest["processes"]
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return template.format(
        name=type(run.model).__name__,
        size=sum(p.numel() for p in run.model.parameters()),
        data=faces.name,
        classes=listing(EXPRESSIONS),
        trained_on=plural(len(faces.train.labelled), "face"),
        epochs=plural(run.recipe.total_epochs, "epoch"),
        minutes=manifest["seconds"] / 60,
        computer=machine(manifest["machine"]["processor"], threads),
        torch=manifest["versions"]["torch"],
        precision=manifest["precision"],
        scored=plural(int((predictions.labels >= 0).sum()), "validation face"),
        scores=scores(
            predictions.labels,
            predictions.probabilities,
            near_duplicates(faces.validation.images, faces.train.images),
        ),
    )
