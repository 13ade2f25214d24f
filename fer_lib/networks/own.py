"""A network of the user's own: `net.py:Net`, or `package.module:Net` of an installed one.

Its code is run, so it is only ever loaded by a name that the user gave, never by one that was read
from a run. What a class has wrong is said in one line, before anything is trained.
"""

import contextlib
import hashlib
import sys
import traceback
from collections.abc import Generator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from fer_lib.data.faceset import SIZE
from fer_lib.errors import UserError

FORM = "FILE.py:CLASS or MODULE:CLASS for your own"
LARGEST = 100_000  # bytes of a file: a run keeps its text
BATCH = 2  # faces of the one forward pass
FACES = f"faces ({BATCH}, 1, {SIZE}, {SIZE})"


@dataclass(frozen=True)
class Source:
    """The file of a network: where it lies, its text, and the name of the class in it."""

    path: Path
    name: str
    text: str

    @cached_property
    def sha256(self) -> str:
        """The hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def facts(self) -> dict[str, str]:
        """What a run keeps of it."""
        place = {"class": self.name, "file": str(self.path)}
        return place | {"sha256": self.sha256, "text": self.text}


def is_own(name: str) -> bool:
    """Whether a network's name has the form of one of the user's."""
    place, _, cls = name.rpartition(":")
    return bool(place) and cls.isidentifier()


def absolute(name: str) -> str:
    """The name from any folder: net.py:Net → /home/ada/net.py:Net; others stay as they are."""
    place, _, cls = name.rpartition(":")
    return f"{Path(place).expanduser().absolute()}:{cls}" if place.endswith(".py") else name


def without_folder(name: str) -> str:
    """The name as others may see it: /home/ada/net.py:Net → net.py:Net; others stay as they are."""
    place, _, cls = name.rpartition(":")
    return f"{Path(place).name}:{cls}" if place.endswith(".py") else name


def read_source(name: str) -> Source:
    """The file behind a name, which is read and not run; a module's packages are imported.

    Raises UserError where there is none, or it is no text of at most `LARGEST` bytes.
    """
    place, _, cls = name.rpartition(":")
    path = Path(place).expanduser()
    if not place.endswith(".py"):
        # what a package draws as it is imported must not change the class's first weights
        with _blamed(name, "cannot be found"), torch.random.fork_rng():
            spec = find_spec(place)
        # a module that is built in, or compiled, has no text to keep
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            raise UserError(f"{name}: no module {place!r} of Python is installed; give {FORM}")
        path = Path(spec.origin)
    if not path.is_file():
        raise UserError(f"{name}: there is no file {path}")
    content = path.read_bytes()
    if len(content) > LARGEST:
        raise UserError(f"{path} has {len(content):,} bytes; a network's file has {LARGEST:,} most")
    with _blamed(name, "is no text"):
        return Source(path.absolute(), cls, content.decode())


def build_own(name: str, classes: int) -> nn.Module:
    """A fresh network of the user's class, checked by one forward pass.

    Raises UserError for a file or a class that raises, a class that needs arguments, and whatever
    does not make (N, `classes`) logits of faces (N, 1, 48, 48).
    """
    source = read_source(name)
    with torch.random.fork_rng():  # what the file draws must not change the class's first weights
        module = _load(source, name)
    if not callable(make := getattr(module, source.name, None)):
        # not those that the file has only imported
        own = {
            k: v for k, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__
        }
        others = [k for k, v in own.items() if isinstance(v, type) and issubclass(v, nn.Module)]
        raise UserError(f"{source.path} has no class {source.name}; it has {others or 'none'}")
    with _blamed(name, "cannot be made without arguments; give each a default", source):
        model = make()
    if not isinstance(model, nn.Module):
        raise UserError(f"{name} makes a {type(model).__name__}; it must be a torch.nn.Module")
    with _blamed(name, f"fails on {FACES}", source):
        training = model.training
        logits = _logits(model)  # what lazy layers are still without, they get here
        model.train(training)
        if not isinstance(logits, torch.Tensor) or logits.shape != (BATCH, classes):
            given = tuple(getattr(logits, "shape", ())) or type(logits).__name__
            raise UserError(f"{name} gives {given} for {FACES}; it must be ({BATCH}, {classes}), "
                            f"a logit for each of the set's {classes} classes")  # fmt: skip
        if not any(p.requires_grad for p in model.parameters()):
            raise UserError(f"{name} has no parameter to train")
        # the loss would take a second softmax of it and still run, only learn badly
        if (logits >= 0).all() and torch.allclose(logits.sum(1), torch.ones(BATCH)):
            raise UserError(f"{name} ends with a softmax; leave it out, for the loss takes logits")
        return _laid_out(model)


def _load(source: Source, name: str) -> ModuleType:
    """The module: of a file, from the very text that was hashed, where Python may keep an older."""
    if not (place := name.rpartition(":")[0]).endswith(".py"):
        with _blamed(name, "cannot be loaded", source):
            return import_module(place)
    key = f"fer_lib_own_{source.sha256}"
    # a text is run once, so that its classes are the same at every call
    if key in sys.modules:
        return sys.modules[key]
    module = sys.modules[key] = ModuleType(key)  # dataclasses look their module up there
    module.__file__ = str(source.path)
    try:
        with _blamed(name, "cannot be loaded", source):
            # under its own path, so that a traceback names a line of the file
            exec(compile(source.text, str(source.path), "exec"), vars(module))
    # half a module must not be found there the next time
    except BaseException:
        del sys.modules[key]
        raise
    return module


@contextlib.contextmanager
def _blamed(name: str, what: str, source: Source | None = None) -> Generator[None]:
    """Whatever the user's code raises, as one line; what it prints goes to stderr."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except UserError:
        raise
    # a file may call sys.exit, which is no Exception
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        # the last line of the user's own, not that of torch in which it ended
        lines = [f.lineno for f in frames if source and f.filename == str(source.path)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        at = f", line {line}" if line else ""
        why = " ".join(str(error).split())[:300]
        raise UserError(f"{name} {what} ({type(error).__name__}{at}: {why})") from error


@torch.no_grad()
def _logits(model: nn.Module) -> Any:
    # a generator of its own: the global one is for the weights
    faces = torch.randn(BATCH, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    return model.eval()(faces)


def _laid_out(model: nn.Module) -> nn.Module:
    """Channels-last, where convolutions are faster; as it is where its code cannot have that.

    `x.view(len(x), -1)` raises on such a map, and many a network has it; Conv3d cannot have it.
    """
    try:
        _logits(deepcopy(model).to(memory_format=torch.channels_last))  # ty: ignore[no-matching-overload]
    except RuntimeError:
        return model
    return model.to(memory_format=torch.channels_last)  # ty: ignore[no-matching-overload]
