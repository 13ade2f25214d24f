"""Two bars on stderr, one for the run and one for the epoch; nothing where there is no terminal."""

import time
from types import TracebackType
from typing import Self

from tqdm import tqdm


class Progress:
    """Bars in faces, so that faces a second and the time left come with them."""

    def __init__(self, epochs: int, faces: int, *, shown: bool) -> None:
        self.faces = faces  # an epoch
        off = None if shown else True  # None: off unless stderr is a terminal
        self.run = tqdm(total=epochs * faces, unit="face", disable=off, unit_scale=True)
        self.epoch = tqdm(total=faces, unit="face", disable=off, unit_scale=True, leave=False)

    def at(self, epoch: int, faces: int) -> None:
        """Stand at `faces` of an epoch (from 0); those before are not counted into the speed."""
        self.epoch.reset()
        self.epoch.initial = self.epoch.n = faces
        if not self.run.n:
            self.run.initial = self.run.n = epoch * self.faces + faces
        self.run.set_description(f"epoch {epoch + 1}")

    def advance(self, faces: int) -> None:
        """A step of `faces` is done."""
        self.run.update(faces)
        self.epoch.update(faces)

    def tell(self, loss: float, accuracy: float) -> None:
        """Show this epoch's training loss and accuracy so far."""
        self.epoch.set_postfix_str(f"training loss {loss:.3f}, accuracy {accuracy:.1%}", False)

    def validated(self, loss: float, accuracy: float) -> None:
        """Show the last epoch's loss and accuracy on validation."""
        self.run.set_postfix_str(f"validation loss {loss:.3f}, accuracy {accuracy:.1%}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.epoch.close()
        self.run.close()


class Every:
    """Says yes once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.last = seconds, time.perf_counter()

    def due(self) -> bool:
        """Whether the seconds are over; if so they begin anew."""
        now = time.perf_counter()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True
