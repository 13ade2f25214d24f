"""A run to hand on: its weights in half precision, and a card that says what it may be used for.

The card's text is model_card.md; its questions are those of Mitchell et al. 2019,
https://arxiv.org/abs/1810.03993.
"""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fer_lib.data.faceset import FaceSet
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.errors import UserError
from fer_lib.formatting import listing, machine, percent, plural
from fer_lib.networks import own
from fer_lib.questions.confusion import accuracy, matrix
from fer_lib.report.export import calibration_facts
from fer_lib.training.run import Run, write_run
from fer_lib.words.confusion import scores


def release(run: Run, faces: FaceSet, folder: Path) -> Path:
    """Write the run again as the new folder `folder`, its weights in 16 bits, with a model card.

    Scores and predictions are those of the weights as they are written. `faces` are those of
    the run; the paths to them, to teachers and to a network of the user's own stay behind, and the
    file of such a network goes along. Raises UserError where the folder is there already.
    """
    if run.imported:
        raise UserError(f"{run.path} was trained elsewhere, so that its recipe is not known here; "
                        "give a run that `train` made")  # fmt: skip
    if folder.exists():
        raise UserError(f"{folder} is there already; give a new folder")
    recipe = replace(
        run.recipe,
        data=Path(run.recipe.data).name,
        model=own.without_folder(run.recipe.model),
        teachers=tuple(Path(teacher).name for teacher in run.recipe.teachers),
    )
    facts = run.manifest
    folder.parent.mkdir(parents=True, exist_ok=True)
    # the run gets its name when it is whole: a kill leaves nothing that looks like one
    with TemporaryDirectory(prefix=".release-", dir=folder.parent) as made:
        new = Path(made) / folder.name
        new.mkdir()
        if network := facts.get("network"):
            facts = facts | {"network": network | {"file": Path(network["file"]).name}}
            (new / facts["network"]["file"]).write_bytes(network["text"].encode())
        write_run(new, recipe, faces, deepcopy(run.model).half(), run.history, facts)
        written = Run(new, replace(recipe, model=run.recipe.model))
        (new / "README.md").write_text(card(written, faces), encoding="utf-8")
        new.rename(folder)
    return folder


def card(run: Run, faces: FaceSet) -> str:
    """The model card of a run that was fitted on `faces`."""
    manifest, predictions = run.manifest, run.predictions
    threads = manifest["threads"] * manifest["processes"]
    home, code, option = "fer_lib", "", ""
    if network := manifest.get("network"):
        home = f"`{Path(network['file']).name}`"
        option = f" --model FOLDER/{Path(network['file']).name}:{network['class']}"
        code = f"\nThe code of {home} is run where you name it: read it before."
    taught = ""
    if teachers := run.recipe.teachers:
        taught = f" and the answers of {plural(len(teachers), 'teacher')} ({listing(teachers)})"
    ten_views = run.predict(faces.validation.images, ten_views=True)
    one, ten = (
        calibration_facts(predictions.labels, p) for p in (predictions.probabilities, ten_views)
    )
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return template.format(
        name=type(run.model).__name__,
        home=home,
        code=code,
        option=option,
        size=sum(p.numel() for p in run.model.parameters()),
        data=faces.name,
        classes=listing(run.classes),
        trained_on=plural(len(faces.train), "face"),
        taught=taught,
        epochs=plural(run.recipe.total_epochs, "epoch"),
        minutes=manifest["seconds"] / 60,
        computer=machine(manifest["machine"]["processor"], threads),
        torch=manifest["versions"]["torch"],
        precision=manifest["precision"],
        scored=plural(len(predictions.labels), "validation face"),
        error=percent(one["calibration"]),
        ten_right=percent(float(accuracy(matrix(predictions.labels, ten_views)))),
        ten_error=percent(ten["calibration"]),
        temperature=ten["temperature"],
        tempered=percent(ten["calibration_tempered"]),
        scores=scores(
            predictions.labels,
            predictions.probabilities,
            near_duplicates(faces.validation.images, faces.train.images),
            run.classes,
        ),
    )
