"""Commands that tell of a data set or a run: data, export, release, report, refresh."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from fer_lib.commands.runs import Dropped, Listed
from fer_lib.data.faceset import EMBEDDED
from fer_lib.data.set_name import data_for, short_name, with_classes
from fer_lib.errors import UserError
from fer_lib.loading import fitted_faces, load_faces
from fer_lib.training.run import load


@dataclass(frozen=True)
class Data:
    """Audit a data set: counts, blank images, near-duplicates in and across splits, odd labels."""

    path: Positional[str]  # "embedded", or the path of a file or folder of faces
    votes: Path | None = None  # FER+'s fer2013new.csv, if it does not lie beside the data
    out: Path | None = None  # store the counts there too, as JSON
    classes: Listed = None
    drop: Dropped = ()  # a class to leave out, as contempt; may be given more than once

    def __call__(self) -> None:
        from fer_lib.studies.audit import audit, save_audit
        from fer_lib.words.audit import plain_report

        data = with_classes(self.path, self.classes, self.drop)
        counted = audit(load_faces(data, self.votes))
        if self.out:
            save_audit(counted, self.out)
        print(plain_report(counted))


@dataclass(frozen=True)
class Export:
    """Store what a run found, without a face: curves, confusions, mean maps, claims, patterns."""

    run: Positional[Path]  # the run's folder
    out: Path = Path("book/results")  # the folder that the pages read
    model: str | None = None  # FILE.py:CLASS of a run of your own network: its code is run

    def __call__(self) -> None:
        from fer_lib.report.export import export

        run = load(self.run, self.model)
        for path in export(run, fitted_faces(run), self.out):
            print(path)


@dataclass(frozen=True)
class Release:
    """Copy a run to hand on: its weights in half precision, and a model card; prints the folder."""

    run: Positional[Path]  # the run's folder
    out: Path  # the new folder
    model: str | None = None  # FILE.py:CLASS of a run of your own network: its code is run

    def __call__(self) -> None:
        from fer_lib.report.model_card import release

        run = load(self.run, self.model)
        print(release(run, fitted_faces(run), self.out))


@dataclass(frozen=True)
class Report:
    """Build the whole report on a data set; prints the path of its index.html, or of a print."""

    # "embedded", or the path of a file or folder of faces; without it the run's, or "embedded"
    data: str | None = None
    votes: Path | None = None  # FER+'s fer2013new.csv, if it does not lie beside the data
    model: str | None = None  # in place of both networks: FILE.py:CLASS of your own, or a name
    run: Path | None = None  # the folder of a finished run to report on: nothing is trained
    out: Path | None = None  # the report's folder; without it, reports/<name of the data>
    epochs: int | None = None  # for both networks; without it, each recipe's own
    seed: int = 0  # of weights, order of the data, augmentation
    runs: Path = Path("runs")  # the folder that holds the runs
    author: str | None = None  # shown on the title page
    pdf: bool = False  # make one PDF of the whole book too, and print its path instead
    handin: bool = False  # make the hand-in edition too, a dozen sheets, and print its path instead
    classes: Listed = None
    drop: Dropped = ()  # a class to leave out, as contempt; may be given more than once

    def __call__(self) -> None:
        from fer_lib.report import build

        model, run = self.model, None
        if self.run:
            if self.classes or self.epochs or self.seed:
                raise UserError("--classes, --epochs and --seed are for a training, and a run is "
                                "finished; omit them")  # fmt: skip
            run = load(self.run, model)
            data = data_for(run.recipe.data, self.data, self.drop, run.classes)
            model = run.recipe.model
        else:
            data = with_classes(self.data or EMBEDDED, self.classes, self.drop)
        # a network's report has a folder of its own
        names = [short_name(data), *(model or "").rpartition(":")[2:]]
        out = (self.out or Path("reports") / "-".join(filter(None, names))).resolve()
        index = build.build(
            out=out,
            data=data,
            epochs=self.epochs,
            seed=self.seed,
            runs=self.runs,
            author=self.author,
            pdf=self.pdf,
            handin=self.handin,
            votes=self.votes,
            model=model,
            run=run,
        )
        print(index)


@dataclass(frozen=True)
class Refresh:
    """Run every notebook of the book in place, as its committed outputs were made."""

    runs: Path = Path("runs")  # the folder that holds the runs

    def __call__(self) -> None:
        from fer_lib.report import build

        build.refresh(self.runs)
