"""From a recipe to its run: `fit` gives it back, trained now if it is not there yet."""

from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import torch

from fer_lib.data.faceset import FaceSet
from fer_lib.files import locked
from fer_lib.training import checkpoint
from fer_lib.training.hooks import Hooks
from fer_lib.training.manifest import environment_info
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import (
    Run,
    is_whole,
    make_folder,
    network_facts,
    run_name,
    store_run,
    teaching_runs,
)
from fer_lib.training.state import first_state
from fer_lib.training.train import Training


def fit(recipe: Recipe, faces: FaceSet, runs: str | Path, hooks: Hooks | None = None) -> Run:
    """The run of a recipe on `faces` under `runs`: loaded if it is there, else trained.

    A run that was broken off goes on. A finished one that is not as it was written is kept under
    another name, and trained again. Raises UserError for a loss that is no longer a number, and
    where no checkpoint can be read.
    """
    hooks = hooks or Hooks()
    # equal choices share a folder, which is how a page finds what another page has trained
    folder = Path(runs) / run_name(recipe, faces)
    # training seeds the global generator; whoever calls it gets his own back
    with torch.random.fork_rng():
        if not hooks.on_main(is_whole, folder):
            # two pages may ask for the same run at once: the second waits, and then loads it
            with (
                locked(folder.with_name(f".{folder.name}.lock")) if hooks.is_main else nullcontext()
            ):
                # it may be finished now, by the process that held the lock before
                if not hooks.on_main(is_whole, folder):
                    hooks.on_main(make_folder, folder)
                    _train(recipe, faces, folder, hooks)
                hooks.broadcast(None)  # nobody goes on before the main process has written
    return Run(folder, recipe.resolved())


def _train(recipe: Recipe, faces: FaceSet, folder: Path, hooks: Hooks) -> None:
    """Train the run of `folder` to its end, from its last checkpoint if there is one."""
    classes = len(faces.classes)
    last = hooks.on_main(checkpoint.latest, folder, folder.name)
    # a run ends in the precision in which it began, whatever this machine would choose
    if last:
        hooks.precision = last[1]["precision"]
    else:
        asked = recipe.model, recipe.precision, classes
        hooks.precision = hooks.on_main(hooks.choose_precision, *asked)
    # read before it is built: during a long training the user may go on writing
    network = network_facts(recipe.model)
    state = first_state(recipe, classes, hooks)
    if last:
        state.restore(*last)
        last = None  # its tensors lie in the file, and Windows deletes no file that is in use
        if not hooks.is_main:
            state.totals.zero_()  # the main process has those of all
    # a run that went on elsewhere says so: each stretch has its machine and where it began
    stretch = environment_info() | {"processes": hooks.size}
    if [{k: v for k, v in old.items() if k != "from"} for old in state.stretches[-1:]] != [stretch]:
        state.stretches.append(stretch | {"from": [state.epoch + 1, state.step]})

    def save() -> None:
        # a checkpoint is of the whole run: what the processes counted apart is summed
        totals = hooks.all_reduce(state.totals.clone())
        if hooks.is_main:
            facts = state.facts() | {"identity": folder.name, "precision": hooks.precision}
            checkpoint.write(folder, state.tensors() | {"totals": totals}, facts)

    teachers = [teacher.model.to(hooks.device) for teacher in teaching_runs(recipe, faces)]
    Training(recipe, faces, state, hooks, teachers).fit(save)
    if hooks.is_main:
        history = pd.DataFrame(state.history)
        facts = network | {"precision": hooks.precision, "processes": hooks.size}
        facts |= {"seconds": round(history["seconds"].sum(), 2), "stretches": state.stretches}
        # the last epoch's weights (or their average), never the best epoch's: choosing by
        # validation would make its score too good
        store_run(folder, recipe, faces, state.best, history, facts)
        for path in checkpoint.listed(folder):
            path.unlink()
