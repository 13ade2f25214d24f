import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from torch.nn import functional as F

from fer_lib.data.faceset import FaceSet, to_input
from fer_lib.errors import UserError
from fer_lib.training import train
from fer_lib.training.acceleration.engine import Accelerated
from fer_lib.training.hooks import Hooks
from fer_lib.training.prediction import predict
from fer_lib.training.recipe import Recipe
from fer_lib.training.state import first_state


def training(faces=None, **choices):
    recipe = tiny.recipe(**choices)
    hooks = Accelerated(0, 1, torch.device("cpu"))
    return train.Training(recipe, faces or tiny.faces(), first_state(recipe, 7, hooks), hooks)


def test_learning_rate_climbs_to_the_peak_and_falls_to_nothing():
    recipe = Recipe(learning_rate=0.4, warmup=0.25)
    at = [train.learning_rate(recipe, p) for p in (0, 0.125, 0.25, 0.625, 1)]
    assert at == pytest.approx([0, 0.2, 0.4, 0.2, 0])
    assert train.learning_rate(Recipe(learning_rate=0.4, warmup=0.0), 0.0) == 0.4


def test_class_weights_change_the_weights_only_when_asked_for(installed):
    faces = tiny.faces()
    rare = np.flatnonzero(faces.train.labels == 3)
    train_faces = faces.train[np.delete(np.arange(len(faces.train)), rare[2:])]  # of 3 two alone
    faces = FaceSet("tiny", train_faces, faces.validation)
    made = [training(faces, epochs=1, class_weights=on) for on in (False, True)]
    plain, weighted = (steps.weight for steps in made)
    assert plain is None
    assert weighted[3] / weighted[0] == pytest.approx(faces.train.counts[0] / 2)
    for steps in made:
        steps.fit(lambda: None)
    one, two = (steps.state.model.state_dict()["head.1.weight"] for steps in made)
    assert not torch.equal(one, two)


def test_a_student_comes_near_to_its_teachers_answers(installed):
    """By labels that are noise it learns nothing; by the teachers, what they know."""
    faces = tiny.faces()
    noise = np.random.default_rng(0).permutation(faces.train.labels)
    noisy = FaceSet("tiny", replace(faces.train, labels=noise), faces.validation)
    teacher = training(faces, epochs=20)
    teacher.fit(lambda: None)
    right = []
    for teachers in ([], [teacher.state.model.eval()]):
        student = training(noisy, epochs=20, seed=1)
        student.teachers = teachers
        student.fit(lambda: None)
        right.append(student.state.history[-1]["validation_accuracy"])
    assert right[0] < 0.5
    assert right[1] > right[0] + 0.3


def test_balanced_sampling_draws_each_class_as_often(installed):
    steps = training(epochs=1, balanced_sampling=True)
    steps.labels = torch.tensor([0] * 900 + [3] * 90 + [5] * 10)
    orders = [steps.epoch_draws(epoch)[0] for epoch in range(4)]
    assert not torch.equal(orders[0], orders[1])
    torch.testing.assert_close(orders[0], steps.epoch_draws(0)[0])  # as a resumed run needs it
    counts = steps.labels[torch.cat(orders)].bincount(minlength=6)[[0, 3, 5]]
    assert (abs(counts - 4000 / 3) < 5 * (4000 * 2 / 9) ** 0.5).all()
    plain = training(epochs=1)
    assert plain.epoch_draws(0)[0].unique().numel() == len(plain.labels)


@pytest.mark.parametrize("mixup", [0.0, 0.5])
def test_a_face_drawn_twice_is_not_moved_twice_alike(installed, mixup):
    steps = training(epochs=1, balanced_sampling=True, mixup=mixup)
    _, uniforms, shares = steps.epoch_draws(0)
    same = torch.zeros(len(uniforms), dtype=torch.long)
    x = steps.make_batch(same, uniforms, shares, torch.tensor(0))[0]
    assert len({image.numpy().tobytes() for image in x}) == len(x)


def test_one_step_of_sgd_by_hand(installed):
    steps = training(
        optimizer="sgd", learning_rate=2e-3, epochs=1, batch_size=96, ema=0.75, warmup=0.0,
        flip=False, shift=0.0, rotate=0.0, scale=0.0, light=0.0, weight_decay=0.1, clip=1e6,
    )  # fmt: skip
    before = copy.deepcopy(steps.state.model)
    steps.fit(lambda: None)
    order = steps.epoch_draws(0)[0]
    train.seed_dropout(0, 0, 0)
    x = to_input(steps.images[order]).contiguous(memory_format=torch.channels_last)
    F.cross_entropy(before(x), steps.labels[order], label_smoothing=0.1).backward()
    rate = 2e-3 * (1 + math.cos(math.pi / 2)) / 2  # in the middle of the only step
    for p, q, average in zip(
        before.parameters(),
        steps.state.model.parameters(),
        steps.state.average.parameters(),
        strict=True,
    ):
        gradient = p.grad + (0.1 * p if p.ndim > 1 else 0)
        expected = p - rate * 1.9 * gradient  # Nesterov's first step: gradient + 0.9 · gradient
        torch.testing.assert_close(q, expected, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(average, 0.75 * p + 0.25 * q, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_optimizer_multiplies_in_the_precision_of_the_run(installed, precision):
    steps, precisions = training(optimizer="muon", learning_rate=0.03, epochs=1), set()
    steps.hooks.precision = precision
    steps.state.optimizer.register_step_pre_hook(
        lambda *_: precisions.add(torch.is_autocast_enabled("cpu"))
    )
    steps.fit(lambda: None)
    assert precisions == {precision == "bf16"}


def test_every_face_once_an_epoch_in_another_order(installed):
    steps = training()
    (first, *_), (second, *_) = steps.epoch_draws(0), steps.epoch_draws(1)
    assert first.sort().values.tolist() == list(range(96)) == second.sort().values.tolist()
    assert first.tolist() != second.tolist()


def test_the_steps_of_an_epoch_take_the_faces_in_its_order_each_with_the_next(installed):
    steps = training(flip=False, shift=0.0, rotate=0.0, scale=0.0, light=0.0)
    order, *rest = steps.epoch_draws(0)
    taken = [steps.make_batch(order, *rest, torch.tensor(step)) for step in range(steps.steps)]
    x, labels, others, _ = map(torch.cat, zip(*taken, strict=True))
    assert torch.equal(x, to_input(steps.images[order]))
    assert torch.equal(labels, steps.labels[order])
    assert torch.equal(others, steps.labels[order.roll(-1)])


def test_history_counts_faces_and_nats(installed):
    steps = training(epochs=1, learning_rate=1e-8)  # so slow that the weights stay
    steps.fit(lambda: None)
    (row,) = steps.state.history
    assert row["train_loss"] == pytest.approx(math.log(7), abs=0.5)
    logits = predict(steps.state.model, steps.validation.images, 7)
    labels = torch.from_numpy(steps.validation.labels)
    assert row["validation_loss"] == pytest.approx(float(F.cross_entropy(logits, labels)))
    right = (logits.argmax(1) == labels).numpy()
    assert row["validation_accuracy"] == np.mean(right)


def test_a_loss_that_is_no_number_stops_the_run(installed, monkeypatch):
    steps = training()
    mixed_loss, calls, saved = train.mixed_loss, [], []

    def sick(*arguments):
        calls.append(0)
        return mixed_loss(*arguments) * (math.nan if len(calls) == 9 else 1)

    monkeypatch.setattr(train, "mixed_loss", sick)
    with pytest.raises(UserError, match=r"epoch 2, step 3, at learning rate 0\.00\d+; give"):
        steps.fit(lambda: saved.append(steps.state.epoch))
    assert saved == [1]  # what is not a number is never saved


def test_a_gradient_that_is_no_number_stops_the_run_too(installed, monkeypatch):
    steps = training()
    monkeypatch.setattr(train.nn.utils, "clip_grad_norm_", lambda *a: torch.tensor(math.inf))
    with pytest.raises(UserError, match="the loss is not a number in epoch 1, step 1"):
        steps.fit(lambda: None)


@pytest.mark.parametrize(
    ("world", "batch", "faces", "told"),
    [
        (2, 15, 96, "batch_size 15 for 2"),
        (3, 3, 96, "batch_size 3 for 3"),
        (1, 16, 1, "1 faces"),
        (2, 16, 3, "3 faces to train on; give at least 4"),
    ],
)
def test_a_batch_that_cannot_be_dealt_out(installed, world, batch, faces, told):
    recipe = tiny.recipe(batch_size=batch)
    with pytest.raises(UserError, match=told):
        train.batch_size(recipe, faces, world)


def test_without_acceleration_it_trains_too(installed):
    recipe = tiny.recipe(epochs=1)
    hooks = Hooks()
    plain = train.Training(recipe, tiny.faces(), first_state(recipe, 7, hooks), hooks)
    plain.fit(lambda: None)
    fast = training(epochs=1)
    fast.fit(lambda: None)
    # to a rounding of Winograd's: the tiny network's convolutions are too small to gain by it
    for ours, theirs in zip(
        plain.state.model.parameters(), fast.state.model.parameters(), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_progress_is_told_where_there_is_no_terminal(installed, capsys, monkeypatch):
    monkeypatch.setattr(train, "REPORT", 0)
    training(epochs=1).fit(lambda: None)
    lines = capsys.readouterr().err.splitlines()
    assert len([line for line in lines if "step" in line]) == tiny.STEPS
    assert "validation loss" in lines[-1]


def test_it_learns(trained):
    recipe = trained.recipe
    assert trained.history["train_loss"].iloc[-1] < trained.history["train_loss"].iloc[0]
    assert len(trained.history) == recipe.epochs
