import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from fer_lib.drawn.faces import face, render
from fer_lib.networks.models import ShallowCNN
from fer_lib.questions import filters
from fer_lib.questions.maximisation import LastConv, Maximised, maximise


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return ShallowCNN().eval()


@pytest.fixture(scope="module")
def faces():
    return [face(0, i) for i in range(24)]


@pytest.fixture(scope="module")
def responses(model, faces):
    return filters.responses(model, render(faces))


def test_responses_are_brute_force_over_the_places_inside(model, faces, responses):
    bank = LastConv.of(model)
    inside = slice(bank.inside().start, bank.inside().stop)
    x = (torch.as_tensor(render(faces))[:, None] / 255 - 0.5) / 0.25
    last = [i for i, m in enumerate(model.features) if isinstance(m, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        maps = model.features[: last + 1](x)[..., inside, inside].numpy()
    np.testing.assert_allclose(responses.highest, maps.max((2, 3)), atol=1e-4)
    np.testing.assert_allclose(responses.lowest, maps.min((2, 3)), atol=1e-4)
    flat = maps[:, :40].transpose(1, 0, 2, 3).reshape(40, -1)
    np.testing.assert_allclose(responses.correlation[:40, :40], np.corrcoef(flat), atol=1e-3)


def test_windows_are_what_the_filter_answered_to(model, faces, responses):
    images, bank = render(faces), LastConv.of(model).unpadded()
    top = filters.windows(responses.highest, responses.highest_at, images, 18, 3)
    bottom = filters.windows(-responses.lowest, responses.lowest_at, images, 18, 3)
    assert top.shape == bottom.shape == (512, 3, 18, 18)
    highest, lowest = np.sort(responses.highest, 0)[::-1], np.sort(responses.lowest, 0)
    for f in (0, 7, 511):
        for windows, expected in ((top, highest), (bottom, lowest)):
            heights = bank.maps(torch.as_tensor(windows[f])[:, None] / 255)[:, f, 0, 0]
            np.testing.assert_allclose(heights.detach().numpy(), expected[:3, f], atol=1e-4)


def test_a_crop_over_the_edge_is_grey_there():
    black, corner = np.zeros((1, 48, 48), np.uint8), np.array([[[-4, 40]]])
    crop = filters.windows(np.zeros((1, 1)), corner, black, 18)[0, 0]
    assert (crop[:4] == 128).all()
    assert (crop[:, 8:] == 128).all()
    assert (crop[4:, :8] == 0).all()


def test_selectivity_is_the_area_under_the_curve():
    rng = np.random.default_rng(0)
    heights, labels = rng.normal(size=(80, 3)), rng.integers(0, 6, 80)
    heights[0] = heights[1]  # a tie
    values = filters.selectivity(heights, labels)
    for f in range(3):
        for k in range(6):
            auc = roc_auc_score(labels == k, heights[:, f])
            assert values[f, k] == pytest.approx(2 * auc - 1)
    assert np.isnan(values[:, 6]).all()  # a class that no face has


def test_a_unit_taken_back_moves_the_filters_as_brute_force_says(model, faces, responses):
    effects = filters.unit_effects(model, faces, responses)
    strength = np.array([f.units.get(12, 0.0) for f in faces])
    chosen = np.argsort(-strength, kind="stable")[: filters.WITNESSES]
    chosen = chosen[strength[chosen] > 0]
    without = filters.responses(model, render([filters.revert(faces[i], 12) for i in chosen]))
    moved = (responses.highest[chosen] - without.highest).mean(0) / responses.highest.std(0)
    np.testing.assert_allclose(effects[12], moved, atol=1e-3)


def stand_in(responses):
    count = responses.highest.shape[1]
    tops = responses.highest.max(0) + 1
    return Maximised(np.zeros((count, 18, 18)), tops, np.arange(count))


def test_the_dead_the_duplicate_and_the_unit_are_named(responses, faces):
    labels = np.array([f.expression for f in faces])
    highest = np.abs(responses.highest) + 1  # every filter lives
    highest[:, 3] = -1.0  # but this one
    correlation = np.eye(len(responses.correlation))
    correlation[5, 9] = correlation[9, 5] = 0.95
    changed = filters.Responses(
        highest, responses.lowest, responses.highest_at, responses.lowest_at, correlation
    )
    effects = pd.DataFrame(0.0, index=range(highest.shape[1]), columns=[4, 12])
    effects.loc[2] = (0.2, -3.0)
    effects.loc[6] = (2.0, 1.9)  # two units alike: it follows neither
    rows = filters.describe(stand_in(responses), changed, labels, effects)
    assert not rows.loc[3, "live"]
    assert rows.loc[5, "duplicate"] == 9
    assert rows.loc[2, "unit"] == 12
    assert rows.loc[2, "effect"] == -3.0
    assert pd.isna(rows.loc[1, "duplicate"])
    assert pd.isna(rows.loc[6, "unit"])
    assert filters.label(rows, 2).split("\n")[1].endswith("−AU12")  # it is lowered
    assert "AU" not in filters.label(rows, 6)
    counts = filters.count_filters(rows)
    assert (counts.filters, counts.live, counts.duplicates) == (512, 511, 2)
    assert counts.units.to_dict() == {12: 1}
    clear = rows[rows["live"] & (rows["selectivity"] >= filters.SELECTIVE)]
    assert counts.clear.sum() == len(clear)
    assert counts.both == (2 in clear.index)  # the one that follows a unit
    sure = rows.assign(selectivity=0.9)
    assert filters.count_filters(sure).both == 1
    assert counts.beaten == (stand_in(responses).activations > highest.max(0))[rows["live"]].sum()


def test_counts_without_action_units_or_live_filters(responses, faces):
    labels = np.array([f.expression for f in faces])
    rows = filters.describe(stand_in(responses), responses, labels)
    rows["live"] = False
    counts = filters.count_filters(rows)
    assert counts.units is None
    assert (counts.live, counts.beaten, len(counts.clear)) == (0, 0, 0)
    assert len(filters.most_selective(rows, 16)) == 0


def test_no_class_is_named_where_all_faces_are_of_one(responses, faces):
    rows = filters.describe(stand_in(responses), responses, np.full(len(faces), 3))
    assert rows["expression"].isna().all()
    assert rows["selectivity"].isna().all()
    assert filters.label(rows, 2) == "2"
    assert len(rows.groupby("expression").head(1)) == 0  # as page 5 looks for the clearest


def test_the_telling_are_live_and_alike_stand_together(responses, faces):
    labels = np.array([f.expression for f in faces])
    rows = filters.describe(stand_in(responses), responses, labels)
    chosen = filters.most_selective(rows, 16)
    assert rows.loc[chosen, "live"].all()
    assert rows.loc[chosen, "selectivity"].is_monotonic_decreasing
    turns = np.arange(16).reshape(2, 8).T.ravel()  # the two groups take turns
    blocks = np.kron(np.eye(2), np.ones((8, 8)))[np.ix_(turns, turns)]
    order = filters.cluster_order(blocks, np.arange(16))
    sides = (order % 2).tolist()
    assert sides in ([0] * 8 + [1] * 8, [1] * 8 + [0] * 8)


def test_of_a_slow_network_what_is_shown_is_climbed(model, responses, faces):
    labels = np.array([f.expression for f in faces])
    chosen = filters.shown(responses, labels, 4)
    every = filters.describe(stand_in(responses), responses, labels)
    live = every[every["live"]].sort_values("selectivity", ascending=False)
    assert set(filters.most_selective(every, 4)) <= set(chosen)
    assert set(live.groupby("expression").head(1).index) <= set(chosen)
    best = maximise(model, chosen, starts=1, steps=2)
    assert np.array_equal(best.of(chosen[::-1]), best.patterns[::-1])
    rows = filters.describe(best, responses, labels)
    assert rows["pattern"].notna().to_numpy().nonzero()[0].tolist() == chosen.tolist()
    assert filters.count_filters(rows).climbed == len(chosen)


def test_no_face_is_refused(model):
    with pytest.raises(ValueError, match="at least one"):
        filters.responses(model, np.zeros((0, 48, 48), np.uint8))


def test_a_pattern_excites_its_own_filter(model):
    best = maximise(model, [0, 100, 511], starts=2, steps=16)
    bank = LastConv.of(model).unpadded()
    maps = bank.maps(torch.as_tensor(best.patterns)[:, None])[:, [0, 100, 511], 0, 0]
    assert (maps.argmax(0).numpy() == [0, 1, 2]).all()


def test_filters_speak_for_other_classes_too():
    highest = np.array([[5.0, 0], [4, 0], [0, 3], [0, 9], [1, 1]], np.float32)
    labels = np.array([0, 0, 7, 7, 2])
    assert filters.selectivity(highest, labels, 8)[[0, 1], [0, 7]].tolist() == [1, 1]
    of = filters.Responses(highest, highest, np.zeros((5, 2, 2)), np.zeros((5, 2, 2)), np.eye(2))
    names = [f"c{i}" for i in range(8)]
    rows = filters.describe(filters.NOT_CLIMBED, of, labels, classes=names)
    assert rows["expression"].tolist() == ["c0", "c7"]
