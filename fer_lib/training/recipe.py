"""Every choice of a run, with its reason."""

from dataclasses import asdict, dataclass, fields, replace
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from fer_lib.data.faceset import EMBEDDED, SIZE
from fer_lib.errors import UserError
from fer_lib.formatting import plural
from fer_lib.networks.models import ANY_SIZE, check_name

# Epochs where the recipe names none. The embedded faces are few and regular: both networks are
# near their ceiling in minutes. Photographs are neither: FER2013 still pays at 30 epochs, and
# ShallowCNN's are an eighth of the price.
EMBEDDED_EPOCHS = {"deep": 5, "shallow": 8}
OTHER_EPOCHS = {"deep": 30, "shallow": 40}

# Peak learning rates where the recipe names none, for AdamW. Nine convolutions stand less than
# three: trained for one epoch, DeepCNN ended at a validation loss of 1.74 at 2e-3 and of 1.62 at
# 5e-4; ShallowCNN ended three points higher in accuracy at 2e-3 than at half of it.
RATES = {"deep": 5e-4, "shallow": 2e-3}
OTHER_RATE = 1e-3  # Adam's own


@dataclass(frozen=True)
class Recipe:
    """What fixes a run, given its faces: the same recipe gives the same weights.

    `epochs=None` stands for the default of the data and the model, `learning_rate=None` for the
    model's; `total_epochs` and `peak_learning_rate` have the values.
    Raises UserError for a value that is not allowed.

    >>> Recipe(model="shallow").total_epochs
    8
    """

    data: str = EMBEDDED
    """embedded, or the path of faces: FER2013 in any form, or class folders of pictures"""
    model: str = "deep"
    """deep (questions 1 to 3), shallow (4 and 5), or residual, wide, coarse, for accuracy;
    FILE.py:CLASS or MODULE:CLASS for your own, from (N, 1, 48, 48) to a logit a class"""
    epochs: int | None = None
    """passes over the faces; by default enough for the data and the model"""
    seed: int = 0
    """of the first weights, the order, the augmentation and the dropout"""
    image_sizes: tuple[int, ...] = (SIZE,)
    """pixels, each for an equal part of the epochs: small faces are cheap to begin with"""
    batch_size: int = 32
    """faces a step, over all processes; small, for the embedded faces allow few steps"""
    optimizer: Literal["sgd", "adamw", "muon"] = "adamw"
    """adamw gets far in few steps, muon in few epochs, sgd (Nesterov, 0.9) in many"""
    learning_rate: float | None = None
    """at the peak; by default what suits adamw (the named recipes give sgd 0.05 to 0.1)"""
    warmup: float = 0.2
    """share of the steps that climb to the peak; the rest falls to 0 by a cosine (one-cycle)"""
    weight_decay: float = 0.01
    """on weights only: a decayed bias or batch-norm scale regularises nothing"""
    label_smoothing: float = 0.1
    """people agree with FER2013's labels on about two faces in three: be no surer than that"""
    class_weights: bool = False
    """weigh the loss by 1 / a class's faces: a rare class then counts as much as a common one"""
    balanced_sampling: bool = False
    """draw faces with replacement, each class as often as any other: the same aim, by repetition"""
    clip: float = 5.0
    """largest norm of a step's gradient: one bad batch cannot throw the weights far"""
    ema: float = 0.0
    """decay a step of the average of the weights that is kept in their place; 0 keeps the last"""
    flip: bool = True
    """mirror every other face: an expression has no side"""
    shift: float = 4.0
    """pixels, up to: faces are not cut out alike"""
    rotate: float = 10.0
    """degrees, up to: heads tilt"""
    scale: float = 0.1
    """share, up to: faces are near or far"""
    light: float = 0.3
    """brightness and contrast, share, up to: the grey level of a face says nothing"""
    erase: float = 0.0
    """share of faces with a grey box over 2 to 20 % of them: no single part may decide"""
    mixup: float = 0.0
    """alpha of mixing pairs of faces, 0 for none: helps only in long runs"""
    teachers: tuple[str, ...] = ()
    """runs of the same faces, whose mean answer is taught beside the label (distillation)"""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto takes bf16 where a probe finds it right and at least 20 % faster"""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not _fits(value := getattr(self, field.name), field.type):
                raise UserError(f"{field.name} {value!r}; allowed {_in_words(field.type)}")
        check_name(self.model)
        for name in ("image_sizes", "teachers"):  # json knows lists alone
            object.__setattr__(self, name, tuple(getattr(self, name)))
        sizes = self.image_sizes
        if self.model not in ANY_SIZE and sizes != (SIZE,):
            raise UserError(
                f"image_sizes {sizes} for model {self.model}, which takes {SIZE} pixels alone; "
                f"give --model {' or '.join(ANY_SIZE)}"
            )
        if not sizes or not {*sizes} <= {*range(16, 4 * SIZE + 1, 8)}:
            raise UserError(f"image_sizes {sizes}; give one or more, each 16, 24, … {4 * SIZE}")
        if len(sizes) > self.total_epochs:
            epochs = plural(self.total_epochs, "epoch")
            raise UserError(f"{len(sizes)} image_sizes for {epochs}, so that the last "
                            "would not be trained; give more epochs, or fewer sizes")  # fmt: skip
        if self.class_weights and self.balanced_sampling:
            raise UserError("class_weights and balanced_sampling would favor rare classes twice; "
                            "give one of them")  # fmt: skip
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:  # NaN too ends here
                raise UserError(f"{name} {value}; allowed is {low} to {high}")
        for field in fields(self):  # 2 and 2.0 are one recipe, and must have one name
            value = getattr(self, field.name)
            if type(value) is int and float in (field.type, *get_args(field.type)):
                object.__setattr__(self, field.name, float(value))

    @property
    def total_epochs(self) -> int:
        """The epochs asked for, else the default of the data and the model."""
        defaults = EMBEDDED_EPOCHS if self.data == EMBEDDED else OTHER_EPOCHS
        return self.epochs or defaults.get(self.model, defaults["shallow"])

    @property
    def peak_learning_rate(self) -> float:
        """The learning rate asked for, else the model's."""
        return self.learning_rate or RATES.get(self.model, OTHER_RATE)

    def resolved(self) -> "Recipe":
        """The same recipe with every default written out, as a run stores it."""
        return replace(self, epochs=self.total_epochs, learning_rate=self.peak_learning_rate)

    def image_size(self, epoch: int) -> int:
        """Pixels a side of the faces in an epoch, counted from 0."""
        # equal parts, as far as whole epochs allow
        return self.image_sizes[epoch * len(self.image_sizes) // self.total_epochs]


WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _fits(value: object, kind: Any) -> bool:
    """Whether a value, from a file perhaps, is of a field's kind; true is no number."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if isinstance(kind, UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return isinstance(value, tuple | list) and all(_fits(one, inner) for one in value)
    # isinstance would take True for a whole number
    return type(value) is kind or (kind is float and type(value) is int)


def _in_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"are {', '.join(get_args(kind))}"
    if get_origin(kind) is tuple:
        return "is a list of whole numbers" if int in get_args(kind) else "is a list of texts"
    return f"is {WORDS[(get_args(kind) or (kind,))[0]]}"


LIMITS: dict[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "seed": (0, 2**31 - 1),
    "batch_size": (2, 65_536),  # batch normalisation needs two
    "learning_rate": (1e-8, 100),
    "warmup": (0, 0.9),
    "weight_decay": (0, 10),
    "label_smoothing": (0, 0.9),
    "clip": (1e-3, 1e6),
    "ema": (0, 0.9999),
    "shift": (0, 24),
    "rotate": (0, 180),
    "scale": (0, 0.9),
    "light": (0, 1),
    "erase": (0, 1),
    "mixup": (0, 10),
}


# fields that older recipes have not, as these were trained
LATER: dict[str, Any] = {"class_weights": False, "balanced_sampling": False, "teachers": ()}


def chosen(recipe: Recipe) -> dict[str, Any]:
    """A recipe's values by field, without those of `LATER` that are as ever.

    So a field that is added renames no run, and changes no file of one.
    """
    return {name: v for name, v in asdict(recipe).items() if LATER.get(name, ...) != v}


def from_fields(values: dict[str, Any]) -> Recipe:
    """The recipe of a recipe.json; raises UserError where it has other fields than ours."""
    values = {**LATER, **values}
    expected = {field.name for field in fields(Recipe)}
    if set(values) != expected:
        odd = ", ".join(sorted(set(values) ^ expected))
        raise UserError(f"a recipe.json with other fields than this version's: {odd}; train again")
    return Recipe(**values)
