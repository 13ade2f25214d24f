"""Each file of a run and of the cache, damaged in each way: refused, never run, built again."""

import pickle
import shutil
import struct

import numpy as np
import pytest
import tiny
import torch

from fer_lib import loading
from fer_lib.data import cache
from fer_lib.errors import UserError
from fer_lib.loading import load_faces
from fer_lib.training import checkpoint, manifest, run

RUN = (*manifest.FILES, manifest.MANIFEST)
FIX = "copy the run once more, or train it again"
EXECUTED = []


class Trap:
    def __reduce__(self):
        return EXECUTED.append, ("executed",)


def cut(path, other):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path, other):
    path.write_bytes(b"")


def flip(share):
    def flipped(path, other):
        content = bytearray(path.read_bytes())
        content[int(share * (len(content) - 1))] ^= 1
        path.write_bytes(content)

    flipped.__name__ = f"flip-{share}"
    return flipped


def swap(path, other):
    path.write_bytes(other.read_bytes())


def pickled(path, other):
    path.write_bytes(pickle.dumps(Trap()))


def huge_header(path, other):
    """For each format the header that claims the most: no reader may believe it."""
    kind = path.suffix
    if kind == ".safetensors":
        path.write_bytes(struct.pack("<Q", 1 << 62) + path.read_bytes()[8:])
    elif kind == ".npz":
        np.savez(path, labels=np.zeros(1))
        shape = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"
        claim = b"{'descr': '<f8', 'fortran_order': False, 'shape': (9" + b"9" * 12 + b",), }"
        content = path.read_bytes()
        path.write_bytes(content.replace(shape + b" " * (len(claim) - len(shape)), claim))
        assert path.read_bytes() != content
    else:
        path.write_bytes(b"[" * 2_000_000)


def link(path, other):
    """Out of the folder, to a file with the very bytes that belong there."""
    outside = path.parents[2] / f"outside-{path.name}"
    shutil.move(path, outside)
    path.symlink_to(outside)


def gone(path, other):
    path.unlink()


WAYS = [cut, empty, flip(0), flip(0.5), flip(1), swap, pickled, huge_header, link, gone]


@pytest.fixture(autouse=True)
def _nothing_is_executed():
    EXECUTED.clear()
    yield
    assert EXECUTED == []


def test_a_damaged_run_is_refused(trained, other, fault, tmp_path):
    """Every file in every way, each on a fresh copy."""
    for name in RUN:
        for way in WAYS:
            folder = tmp_path / "copies" / f"{name}-{way.__name__}"
            shutil.copytree(trained.path, folder)
            way(folder / name, other.path / name)
            said = None
            try:
                run.load(folder)
            except UserError as error:
                said = error
            missing = name == manifest.MANIFEST and way is gone  # then it is no finished run at all
            fix = "give the folder that `train` printed" if missing else FIX
            kind = way.__name__.split("-")[0].replace("_", " ")
            fault(f"a run's file: {kind}", said or "", fix)
            assert missing or name in str(said)


@pytest.mark.parametrize("name", RUN)
def test_a_damaged_run_is_trained_again_and_the_old_one_kept(trained, fault, capsys, name, lost):
    whole = tiny.files(trained.path.parent)
    flip(0.5)(trained.path / name, None)
    before = lost.before(trained.path)
    assert loading.load_or_train(tiny.recipe(), trained.path.parent).path == trained.path
    (kept,) = trained.path.parent.glob("damaged-*")
    said = capsys.readouterr().err
    assert name in said
    fault("a run's file: trained again", said, "made again", lost(before, kept))
    shutil.rmtree(kept)
    assert tiny.files(trained.path.parent) == whole


def test_a_run_half_copied_is_trained_to_its_end(trained, fault, capsys, tmp_path):
    """Copied in the order of names, and cut off behind each of them."""
    whole = tiny.files(trained.path.parent)
    names = sorted(path.name for path in trained.path.iterdir())
    for count in range(len(names)):
        folder = tmp_path / str(count) / trained.path.name
        folder.mkdir(parents=True)
        for name in names[:count]:
            shutil.copy(trained.path / name, folder)
        with pytest.raises(UserError) as error:
            run.load(folder)
        loading.load_or_train(tiny.recipe(), folder.parent)
        for kept in folder.parent.glob("damaged-*"):
            shutil.rmtree(kept)
        survived = tiny.files(folder.parent) == whole
        fault("a run half copied", error.value, f"give the folder|{FIX}", survived=survived)


def test_a_whole_run_under_another_s_name_is_not_taken(trained, other, fault, capsys):
    shutil.rmtree(trained.path)
    shutil.copytree(other.path, trained.path)
    made = loading.load_or_train(tiny.recipe(), trained.path.parent)
    assert made.manifest["run"] != other.manifest["run"]
    fault("a run's file: swap", capsys.readouterr().err, "made again")


READ = {
    "recipe.json": lambda folder: run.load(folder),
    "history.csv": lambda folder: run.load(folder).history,
    "weights.safetensors": lambda folder: run.load(folder).model,
    "predictions.npz": lambda folder: run.load(folder).predictions,
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("way", [empty, pickled, huge_header], ids=lambda way: way.__name__)
def test_a_run_that_somebody_made_to_harm_is_refused(trained, fault, name, way):
    """Its hashes are right: they were made anew around the bad file."""
    facts = trained.manifest
    way(trained.path / name, None)
    manifest.write_manifest(trained.path, {k: v for k, v in facts.items() if k != "files"})
    with pytest.raises(UserError) as error:
        READ[name](trained.path)
    fault("a run made to harm", error.value, f"{name} .*train again")


@pytest.mark.parametrize("way", WAYS[:-1], ids=lambda way: way.__name__)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, fault, way):
    def write(folder, epoch, identity="ours"):
        facts = {"epoch": epoch, "step": 0, "identity": identity}
        checkpoint.write(folder, {"weight": torch.arange(100.0) + epoch}, facts)
        return checkpoint.listed(folder)[-1]

    folder = tmp_path / "runs" / "ours"
    for each in (folder, tmp_path / "runs" / "theirs"):
        each.mkdir(parents=True)
    write(folder, 1)
    last = write(folder, 2)
    way(last, write(tmp_path / "runs" / "theirs", 2, "theirs"))
    with pytest.raises(UserError) as error:
        checkpoint.read(last, "ours")
    kind = way.__name__.split("-")[0].replace("_", " ")
    left, facts = checkpoint.latest(folder, "ours")
    fault(f"a checkpoint: {kind}", error.value, "delete it", survived=facts["epoch"] == 1)
    assert left["weight"][0] == 1


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_damaged_entry_of_the_cache_is_built_again(noise, tmp_path, fault, monkeypatch, way):
    monkeypatch.setattr(cache, "AT_REST", -1)
    folder = tmp_path / "cache" / "fer-report"
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("\n".join(noise.read_text().splitlines()[:50]) + "\n")
    load_faces(str(theirs))
    (other,) = folder.glob("*.safetensors")
    whole = load_faces(str(noise)).fingerprint
    (entry,) = set(folder.glob("*.safetensors")) - {other}
    shutil.copy(entry, tmp_path / "copy")
    way(entry, other)
    again = load_faces(str(noise))
    kind = way.__name__.split("-")[0].replace("_", " ")
    fault(f"the cache: {kind}", survived=again.fingerprint == whole)
    assert not entry.is_symlink()
    assert entry.read_bytes() == (tmp_path / "copy").read_bytes()
