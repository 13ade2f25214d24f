"""A run to hand on: its weights in half precision, and a card that says what it may be used for.

The card's questions are those of Mitchell et al. 2019, https://arxiv.org/abs/1810.03993.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fer_lib.data.faceset import EXPRESSIONS, FaceSet
from fer_lib.errors import UserError
from fer_lib.formatting import listing, machine, plural
from fer_lib.questions.confusion import matrix
from fer_lib.training import checkpoint
from fer_lib.training.run import Predictions, Run, write_run
from fer_lib.words.confusion import class_scores, overall_scores

CARD = "README.md"


def release(run: Run, faces: FaceSet, folder: Path) -> Path:
    """Write the run again as the new folder `folder`, its weights in 16 bits, with a model card.

    Scores and predictions are those of the weights as they are written. `faces` are those of
    the run; the path to them stays behind. Raises UserError where the folder is there already.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already; give a new folder")
    scored = faces.validation
    weights = {
        name: value.half() if value.is_floating_point() else value
        for name, value in run.model.state_dict().items()
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".release-", dir=folder.parent) as made:
        new = Run(Path(made) / folder.name, replace(run.recipe, data=Path(run.recipe.data).name))
        new.path.mkdir()
        checkpoint.store(weights, new.path / "weights.safetensors")
        predictions = Predictions(scored.labels, new.predict(scored.images))
        (new.path / CARD).write_text(card(run, faces, predictions), encoding="utf-8")
        write_run(new.path, new.recipe, run.history, predictions, run.manifest)
        new.path.rename(folder)
    return folder


def card(run: Run, faces: FaceSet, predictions: Predictions) -> str:
    """The model card of a run that predicts `predictions` on its validation faces."""
    manifest, m = run.manifest, matrix(predictions.labels, predictions.probabilities)
    name, size = type(run.model).__name__, sum(p.numel() for p in run.model.parameters())
    trained_on = plural(len(faces.train.labelled), "face")
    computer = machine(
        manifest["machine"]["processor"], manifest["threads"] * manifest["processes"]
    )
    return f"""# {name}, trained on {faces.name}

It sorts pictures of faces, 48 × 48 grey pixels, into {listing(EXPRESSIONS)}.

## What it is

- {name} of fer_lib, {size:,} parameters, in `weights.safetensors` as 16-bit numbers.
- Trained from nothing on {trained_on}: {plural(run.recipe.total_epochs, "epoch")}
  in {manifest["seconds"] / 60:.0f} minutes of {computer},
  with torch {manifest["versions"]["torch"]} in {manifest["precision"]}.
- `recipe.json` has every choice.
- `manifest.json` has the SHA-256 of each file. They are compared whenever it is loaded.

## How often it is right

On {plural(int(m.sum()), "validation face")} of the same data set, with intervals of 95 %.
Choices are made on these faces, so the scores may flatter.

```
{overall_scores(m).to_string(header=False)}

{class_scores(m).to_string()}
```

## What it is for

Teaching and research: to ask what such a network sees, without training one.
FOLDER is the path of this folder.

    fer-lib explain FOLDER --image face.png --out why.png
    fer-lib predict FOLDER --data faces/ --out submission.csv
    fer-lib evaluate FOLDER --data your-faces.zip

## What it is not for

- Not for telling what a person feels: a face does not tell it, and the labels are not about it.
- Not for use on people. In the European Union, Article 5(1)(f) of the AI Act forbids systems that
  infer emotions at work and in education.
- Its errors by age, sex and skin are not known, for the faces' labels have nothing of them.
- Whether it gives away which faces it was trained on has not been tested.
- Its data set has terms of its own. Look there whether they allow what you mean to do.

The page *Limits* of the report has the sources.
"""
