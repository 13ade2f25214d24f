from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer_lib import store
from fer_lib.studies import published
from fer_lib.studies.published import PUBLISHED
from fer_lib.training.recipe import Recipe
from fer_lib.training.recipes import NAMES, named

FACTS = {
    "seconds": 120.0,
    "processor": "a processor",
    "threads": 2,
    "torch": "2.13.0",
    "precision": "bf16",
    "parameters": 10,
    "temperature": 1.3,
    "calibration": 0.08,
    "calibration_tempered": 0.02,
}


def result(recipe, right=70, seed=0, **changes):
    """Seven classes of 100 faces, `right` of each recognised, the others taken for the next."""
    m = right * np.eye(7, dtype=int) + (100 - right) * np.roll(np.eye(7, dtype=int), 1, axis=1)
    history = pd.DataFrame({"epoch": [1], "validation_accuracy": [right / 100]})
    base = store.Result(
        "fer2013",
        "hash",
        1.0,
        100,
        seed,
        store.recipe_choices(recipe),
        history,
        m,
        m,
        m // 2,
        FACTS,
    )
    return replace(base, **changes)


def groups(*results):
    return store.by_recipe(results, "fer2013")


def title(one):
    return published.results([[one]])["recipe"].item()


@pytest.mark.parametrize("name", NAMES)
def test_a_result_bears_its_recipe_s_name(name):
    assert title(result(named(name, data="x.zip", seed=4))) == name
    assert title(result(named(name, epochs=3))) == f"{name}, 3 epochs"
    assert published.recipe_name(result(named(name, epochs=3))) == name


def test_a_recipe_without_a_name_is_told_by_its_network():
    assert title(result(Recipe(model="shallow", epochs=10))) == "shallow, 10 epochs"
    other = result(named("fast", light=0.0))
    assert title(other) == f"coarse, {named('fast').epochs} epochs"
    assert published.recipe_name(other) == "coarse"


def test_means_and_deviations_over_seeds():
    fast = [result(named("fast"), right, seed) for seed, right in enumerate((66, 68, 70))]
    rows = published.results(
        groups(*fast, result(named("faithful"), 60, ten_views=None, facts=None))
    )
    first, last = rows.iloc[0], rows.iloc[1]
    assert (first["recipe"], first["seeds"], last["recipe"]) == ("fast", 3, "faithful")
    assert first["accuracy"] == pytest.approx(0.68)
    assert first["accuracy_std"] == pytest.approx(0.02)
    assert first["low"] < 0.68 < first["high"]
    assert first["balanced"] == pytest.approx(0.68)
    assert first["minutes"] == pytest.approx(2)
    assert np.isnan([last["accuracy_std"], last["ten_views"], last["minutes"]]).all()


def test_faces_without_a_near_duplicate_are_scored_where_they_are_stored():
    stored = (None, np.eye(7) * 9)
    half = [result(named("fast"), 70, seed, new_faces=m) for seed, m in enumerate(stored)]
    rows = published.results(groups(*half))
    assert (
        rows.loc[0, "new_faces"],
        rows.loc[0, "new"],
        rows.loc[0, "new_seeds"],
    ) == (1, 63, 1)


def test_calibration_and_machines():
    (group,) = groups(result(named("fast")))
    assert published.mean_calibration(group).tolist() == [0.08, 0.02, 1.3]
    assert published.training_machines([group]) == ["2 threads of a processor, bf16, torch 2.13.0"]
    (bare,) = groups(result(named("fast"), facts=None))
    assert published.mean_calibration(bare).isna().all()
    (card,) = groups(result(named("best"), facts=FACTS | {"threads": 0}))
    assert published.training_machines([card]) == ["a processor, bf16, torch 2.13.0"]


def test_the_recipe_comes_back():
    (group,) = groups(result(named("fast", data="/home/me/published.zip", seed=3), seed=3))
    assert published.first_recipe(group) == named("fast", data="fer2013", seed=3)


def view(heat):
    """A view whose every map is `heat` all over."""
    heats = np.full((7, 48, 48), heat)
    return store.View(np.full(7, 50), heats, heats, np.zeros((0, 1, 1)), [])


def test_views_are_those_of_the_first_seed(tmp_path):
    grouped = groups(
        result(named("fast"), seed=1), result(named("best"), 60), result(named("faithful"), 50)
    )
    for group, heat in zip(grouped[1:], (1.0, 2.0), strict=True):
        store.write_view(view(heat), group[0], tmp_path)
    views = published.views(tmp_path, grouped)
    assert [shown.heat.mean() for shown in views] == [1, 2]


def test_published_numbers_are_shares_of_a_known_split():
    assert PUBLISHED["accuracy"].between(0.6, 0.8).all()
    assert set(PUBLISHED["split"]) <= {"PublicTest", "PrivateTest", "both"}


def test_networks_that_pip_installs():
    counts = 10 * np.eye(7, dtype=int) + 10 * np.roll(np.eye(7, dtype=int), 1, axis=1)
    measured = {"matrix": counts.tolist(), "new_faces": np.eye(7, dtype=int).tolist(),
                "milliseconds": 1.5, "megabytes": 3.7}  # fmt: skip
    row = published.installed({"theirs": measured}).iloc[0]
    assert (row["network"], row["accuracy"], row["new_faces"]) == ("theirs", 0.5, 1.0)
    assert row["low"] == pytest.approx(0.418, abs=0.001)  # Wilson's, 70 of 140
    assert (row["milliseconds"], row["megabytes"]) == (1.5, 3.7)


def test_calibration_by_views_is_a_mean_over_the_seeds_that_have_it():
    def known(error):
        ten = {"calibration": error, "calibration_tempered": 0.01, "temperature": 0.9,
               "calibration_by_chance": 0.005}  # fmt: skip
        return FACTS | {"calibration_by_chance": 0.03, "ten_views": ten}

    recipe = named("fast", data="x.zip")
    some = [result(recipe, facts=known(0.02)), result(recipe, seed=1, facts=known(0.04))]
    table = published.calibration_by_views(groups(*some, result(recipe, seed=2), result(Recipe())))
    assert table.to_dict("records") == [
        pytest.approx({"recipe": "fast", "views": views, "error": error, "by_chance": chance,
                       "tempered": tempered, "temperature": temperature})
        for views, error, chance, tempered, temperature in [
            ("one", 0.08, 0.03, 0.02, 1.3), ("ten", 0.03, 0.005, 0.01, 0.9),
        ]
    ]  # fmt: skip
    assert published.calibration_by_views(groups(result(recipe))).empty
