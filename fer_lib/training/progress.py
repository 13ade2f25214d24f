"""Two bars on stderr, one for the run and one for the epoch; nothing where there is no terminal."""

from types import TracebackType

from tqdm import tqdm


class Progress:
    """Bars in faces: images a second and the time left come with them."""

    def __init__(self, epochs: int, steps: int, batch: int, *, shown: bool) -> None:
        disable = None if shown else True  # None: off unless stderr is a terminal
        total = steps * batch
        self.run = tqdm(total=epochs * total, unit="face", disable=disable, unit_scale=True)
        self.epoch = tqdm(total=total, unit="face", disable=disable, unit_scale=True, leave=False)

    def at(self, epoch: int, faces: int) -> None:
        """Stand at `faces` of an epoch (counted from 0) without counting them into the speed."""
        self.run.set_description(f"epoch {epoch + 1}")
        self.run.initial = self.run.n = epoch * (self.epoch.total or 0) + faces
        self.epoch.reset()
        self.epoch.initial = self.epoch.n = faces

    def advance(self, faces: int) -> None:
        """A step of `faces` is done."""
        self.run.update(faces)
        self.epoch.update(faces)

    def tell(self, loss: float, accuracy: float) -> None:
        """Show this epoch's loss and accuracy so far."""
        self.epoch.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.1%}", refresh=False)

    def validated(self, loss: float, accuracy: float) -> None:
        """Show the last epoch's loss and accuracy on validation."""
        self.run.set_postfix(validation_loss=f"{loss:.3f}", accuracy=f"{accuracy:.1%}")

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.epoch.close()
        self.run.close()
