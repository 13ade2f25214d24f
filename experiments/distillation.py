"""A small network taught by large ones: three of `record`, then `compact` from their answers.

    python experiments/distillation.py --data ../fer2013.zip --out student

Made for a graphics card: on an NVIDIA H100 an epoch of `record` took one second. The teachers'
answers to Training's faces are all that the student gets beside their labels. Stored are what the
page of FER2013 reads of each of the four, with their predictions, and the student as `fer-lib
release` writes it.
"""

from dataclasses import replace
from pathlib import Path

import tyro

from fer_lib.loading import load_faces, load_or_train
from fer_lib.report.export import export
from fer_lib.report.model_card import release
from fer_lib.training.recipes import named


def main(
    data: str,
    out: Path,
    seeds: tuple[int, ...] = (0, 1, 2),
    teacher: str = "record",
    teacher_epochs: int = 150,
    student: str = "compact",
    student_epochs: int = 150,
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Train what is not there yet, store the results, and write the student to `out`."""
    if out.exists():  # said before the hours of training
        raise SystemExit(f"error: {out} is there already; give a new folder")
    faces = load_faces(data)
    teachers = []
    for seed in seeds:
        # longer than the recipe alone, so the average may be as much longer
        recipe = named(teacher, data=data, seed=seed, epochs=teacher_epochs, ema=0.9995)
        teachers.append(load_or_train(recipe, runs))
        print(*export(teachers[-1], faces, folder), sep="\n")
    recipe = replace(
        named(student, data=data, epochs=student_epochs),
        # at the teachers' size throughout: of smaller faces they know less
        image_sizes=(48,),
        teachers=tuple(str(run.path) for run in teachers),
    )
    run = load_or_train(recipe, runs)
    print(*export(run, faces, folder), sep="\n")
    print(release(run, faces, out))


if __name__ == "__main__":
    tyro.cli(main)
