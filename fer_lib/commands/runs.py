"""Commands that make a run, and that use one: train, import, evaluate, predict, explain."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import tyro
from tyro.conf import OmitArgPrefixes, Positional, UseAppendAction

from fer_lib.data.faceset import GREY_MEAN, GREY_SCALE, Split, joined
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.data.pictures import parse_square, read_picture
from fer_lib.data.readers import read_unlabelled
from fer_lib.data.set_name import data_for, with_classes
from fer_lib.errors import UserError, say
from fer_lib.files import atomic_write
from fer_lib.formatting import percent, plural
from fer_lib.loading import fitted_faces, load_faces, training_faces
from fer_lib.networks.models import build
from fer_lib.training.acceleration.engine import accelerated
from fer_lib.training.fit import fit
from fer_lib.training.imported import import_run
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import load

Dropped = UseAppendAction[tuple[str, ...]]
LISTED = "a,b,c: all classes in the order of their numbers, where these are not FER2013's"
Listed = Annotated[str | None, tyro.conf.arg(help=LISTED)]


@dataclass(frozen=True)
class Train:
    """Train a network, or go on with a run that was interrupted; prints the run's folder."""

    choices: OmitArgPrefixes[Recipe]
    # begin with its choices: faithful, best, fast, compact, record, or a .toml file of your own
    # with the options below, each with _ for -, as `learning_rate = 0.05`
    recipe: str | None = None
    classes: Listed = None
    drop: Dropped = ()  # a class to leave out, as contempt; may be given more than once
    runs: Path = Path("runs")  # the folder that holds the runs

    def __call__(self) -> None:
        data = with_classes(self.choices.data, self.classes, self.drop)
        choices = replace(self.choices, data=data)
        with accelerated() as hooks:
            faces = training_faces(choices.data)
            # what a network of one's own has wrong is said before the training
            build(choices.model, len(faces.classes))
            if hooks.is_main:  # one line, of many processes too
                say(*faces.notes)
            run = fit(choices, faces, self.runs, hooks)
            if hooks.is_main:
                print(run.path)


@dataclass(frozen=True)
class Import:
    """Make a run of weights that were trained elsewhere; prints the run's folder."""

    weights: Positional[Path]  # safetensors, or torch.save(model.state_dict())
    model: str  # whose weights they are: FILE.py:CLASS or MODULE:CLASS of your own, or a name
    data: str = "embedded"  # "embedded", or the path of faces: what it is measured on
    classes: Listed = None
    runs: Path = Path("runs")  # the folder that holds the runs

    def __call__(self) -> None:
        data = with_classes(self.data, self.classes)
        faces = training_faces(data)
        run = import_run(self.weights, Recipe(data, self.model), faces, self.runs)
        accuracy = percent(run.history["validation_accuracy"].iloc[-1])
        measured = plural(len(faces.validation), "validation face")
        say(
            *faces.notes,
            f"it was fed with (grey / 255 - {GREY_MEAN:g}) / {GREY_SCALE:g}, 48 x 48, and its "
            f"outputs read as {', '.join(run.classes)}; where yours differ, convert in `forward`",
            f"right on {accuracy} of {measured}",
        )
        print(run.path)


@dataclass(frozen=True)
class Evaluate:
    """Score a run on a split of a data set."""

    run: Positional[Path]  # the run's folder, or "compact", which comes with the library
    data: str | None = None  # "embedded" or a path; without it, the data that the run was fitted on
    drop: Dropped = ()  # classes of --data to leave out; without it, those that the run left out
    votes: Path | None = None  # FER+'s fer2013new.csv, if it does not lie beside the data
    split: Literal["validation", "test"] = "validation"  # the test split is for the very end
    json: bool = False  # print JSON in place of the table
    ten_views: bool = False  # score the mean over each face moved by 3 pixels, and mirrored
    model: str | None = None  # FILE.py:CLASS of a run of your own network: its code is run

    def __call__(self) -> None:
        from fer_lib.questions import confusion
        from fer_lib.studies import people
        from fer_lib.words import confusion as words
        from fer_lib.words.people import judged

        run = load(self.run, self.model)
        data = data_for(run.recipe.data, self.data, self.drop, run.classes)
        faces = load_faces(data, self.votes)
        if self.data is None:
            run.verify(faces)
        run.check_classes(faces)
        say(f"scored on {faces.name}", *faces.notes)
        split, trained_on = getattr(faces, self.split), faces.train.images
        if faces.fingerprint != run.manifest["data"]:
            trained_on = None
            with suppress(UserError, OSError):  # they may have changed or be gone
                trained_on = fitted_faces(run).train.images
            # without a split of their own: a drawn tenth would waste the rest
            if self.split == "validation" and faces.validation_drawn and not len(faces.test):
                split = _unseen(joined(faces.train, faces.validation), trained_on)
        if not len(split):
            raise UserError(f"{faces.name} has no {self.split} faces; give a data set "
                            "that has them, or another --split")  # fmt: skip
        labels, probabilities = split.labels, run.predict(split.images, self.ten_views)
        copies = None if trained_on is None else near_duplicates(split.images, trained_on)
        known, votes = people.voted(split)
        opinion = people.judgement(labels[known], probabilities[known], votes) if len(known) else {}
        if self.json:
            scores = confusion.summary(labels, probabilities, run.classes) | (
                {"people": opinion} if opinion else {}
            )
            if copies is None:
                say("near-duplicates in train were not looked for: what the run was trained on is "
                    "not here")  # fmt: skip
            else:
                new = confusion.summary(labels[~copies], probabilities[~copies], run.classes)
                scores["without_near_duplicates"] = new
            print(json.dumps(scores, indent=1))
        else:
            print(words.scores(labels, probabilities, copies, run.classes))
            if opinion:
                print("", judged(opinion), sep="\n")


@dataclass(frozen=True)
class Predict:
    """Name the expression of unlabelled faces, as the course's submission file has it."""

    run: Positional[Path]  # the run's folder, or "compact", which comes with the library
    data: Path  # a file or folder of faces without labels
    out: Path  # the csv to write: id,label
    probabilities: bool = False  # add each label's name and the probability of each expression
    model: str | None = None  # FILE.py:CLASS of a run of your own network: its code is run

    def __call__(self) -> None:
        run = load(self.run, self.model)
        ids, images, notes = read_unlabelled(self.data, run.classes)
        say(*notes)
        probabilities = run.predict(images)
        table = pd.DataFrame({"id": ids, "label": probabilities.argmax(1)})
        if self.probabilities:
            table["expression"] = [run.classes[label] for label in table["label"]]
            table[list(run.classes)] = probabilities.round(4)
        with atomic_write(self.out) as temporary:
            table.to_csv(temporary, index=False)
        print(self.out)


@dataclass(frozen=True)
class Explain:
    """Draw what a run sees in one picture: the prediction and every saliency map."""

    run: Positional[Path]  # the run's folder, or "compact", which comes with the library
    image: Path  # a picture of a face: cropped to a square, made grey, resized
    out: Path  # the PNG to write
    expression: str | None = None  # explain this one; without it, the one predicted
    crop: str | None = None  # x,y,side: the square with the face, in pixels; else the middle one
    model: str | None = None  # FILE.py:CLASS of a run of your own network: its code is run

    def __call__(self) -> None:
        from fer_lib.plots import style
        from fer_lib.plots.saliency import explanation
        from fer_lib.questions.saliency import explain
        from fer_lib.studies.audit import FLAT

        run = load(self.run, self.model)
        image, notes = read_picture(self.image, parse_square(self.crop) if self.crop else None)
        say(*notes)
        if image.std() < FLAT:
            say("warning: the square is nearly of one grey, so it shows no face; choose another by "
                "--crop x,y,side")  # fmt: skip
        elif not self.crop and any("resized" in note for note in notes):
            say("nothing here looks for the face: it should fill the square, which --crop x,y,side "
                "chooses")  # fmt: skip
        style.use()
        explained = explain(run.model, image, self.expression, run.classes)
        figure = explanation(explained, self.image.name)
        with atomic_write(self.out) as temporary:
            figure.savefig(temporary, format="png")
        print(self.out)


def _unseen(split: Split, trained_on: np.ndarray | None) -> Split:
    """The faces that are not, pixel for pixel, among those trained on, (N, 48, 48)."""
    if trained_on is None:
        say(f"all {len(split):,} faces are scored; the run may have been trained on some of them")
        return split
    known = {image.tobytes() for image in trained_on}
    new = [i for i, image in enumerate(split.images) if image.tobytes() not in known]
    say(f"{len(new):,} of {len(split):,} faces are scored: those that the run was not trained on")
    return split[np.array(new, int)]
