from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer_lib import stored_results
from fer_lib.report import export
from fer_lib.studies import homework_claims, published
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
    base = stored_results.Result(
        "fer2013",
        "hash",
        1.0,
        100,
        seed,
        stored_results.choices(recipe),
        history,
        m,
        m,
        m // 2,
        FACTS,
    )
    return replace(base, **changes)


def groups(*found):
    return stored_results.by_recipe(found, "fer2013")


@pytest.mark.parametrize("name", NAMES)
def test_a_result_bears_its_recipe_s_name(name):
    assert published.title(result(named(name, data="x.zip", seed=4))) == name
    assert published.title(result(named(name, epochs=3))) == f"{name}, 3 epochs"
    assert published.name(result(named(name, epochs=3))) == name


def test_a_recipe_without_a_name_is_told_by_its_network():
    assert published.title(result(Recipe(model="shallow", epochs=10))) == "shallow, 10 epochs"
    other = result(named("fast", light=0.0))
    assert published.title(other) == f"coarse, {named('fast').epochs} epochs"
    assert published.name(other) == "coarse"


def test_means_and_deviations_over_seeds():
    fast = [result(named("fast"), right, seed) for seed, right in enumerate((66, 68, 70))]
    rows = published.table(groups(*fast, result(named("faithful"), 60, ten_views=None, facts=None)))
    first, last = rows.iloc[0], rows.iloc[1]
    assert (first["recipe"], first["seeds"], last["recipe"]) == ("fast", 3, "faithful")
    assert first["accuracy"] == pytest.approx(0.68)
    assert first["accuracy_std"] == pytest.approx(0.02)
    assert first["low"] < 0.68 < first["high"]
    assert first["balanced"] == pytest.approx(0.68)
    assert first["minutes"] == pytest.approx(2)
    assert np.isnan([last["accuracy_std"], last["ten_views"], last["minutes"]]).all()
    text = published.shown(rows)
    assert list(text["epochs"]) == [named("fast").epochs, named("faithful").epochs]
    assert text.loc["fast", "accuracy"] == "68.0 ± 2.0 %"
    assert text.loc["fast", "on"] == "2 threads"
    assert "nan" not in text.to_string()


def test_the_answer_names_the_best_and_holds_it_beside_people():
    told = published.answer(groups(result(named("fast"), 75), result(named("best"), 60)))
    assert "(fast, 1 seed)" in told
    assert "**75.0 %**" in told
    assert "above people" in told
    assert "level with people" in published.answer(groups(result(named("fast"), 65)))
    assert "below people" in published.answer(groups(result(named("fast"), 40)))
    assert "No result" in published.answer([])


def test_faces_without_a_twin_are_scored_where_they_are_stored():
    stored = (None, np.eye(7) * 9)
    half = [result(named("fast"), 70, seed, no_twin=m) for seed, m in enumerate(stored)]
    rows = published.table(groups(*half))
    assert (rows.loc[0, "no_twin"], rows.loc[0, "new"]) == (1, 63)
    assert published.shown(rows).loc["fast", "no twin"] == "100.0 %"
    assert "On the 63 faces that have no twin in Training it is right on **100.0 %** (1 seed)." in (
        published.answer(groups(*half))
    )
    bare = groups(result(named("fast"), no_twin=None))
    assert published.shown(published.table(bare)).loc["fast", "no twin"] == "–"
    assert "twin" not in published.answer(bare)


def test_which_classes_rise():
    told = published.risen(groups(result(named("fast"), 75))[0])
    assert "above it here: angry, disgust, fear, sad and neutral; surely below: none" in told


def test_calibration_and_machines_are_told():
    (group,) = groups(result(named("fast")))
    assert "8.0 %" in published.calibrated(group)
    assert "**2.0 %**" in published.calibrated(group)
    assert "2 threads of a processor, bf16, torch 2.13.0" in published.machines([group])
    (bare,) = groups(result(named("fast"), facts=None))
    assert "No calibration" in published.calibrated(bare)


def test_a_graphics_card_has_no_threads():
    (group,) = groups(result(named("best"), facts=FACTS | {"threads": 0}))
    assert "Trained on: a processor, bf16" in published.machines([group])
    assert published.shown(published.table([group])).loc["best", "on"] == "GPU"


def test_the_recipe_comes_back():
    (group,) = groups(result(named("fast", data="/home/me/published.zip", seed=3), seed=3))
    assert published.recipe(group) == named("fast", data="fer2013", seed=3)


def test_what_a_network_makes_of_drawn_faces():
    drawn, photographs = np.zeros((7, 7), int), np.diag([6] * 7)
    drawn[:, 4] = 10  # it says sad of each
    photographs[0, 1] = 18
    told = published.on_drawn(drawn, photographs)
    assert "right on **14.3 %** of 70 drawn faces (7.9 to 24.3 %)" in told
    assert "and on 70.0 % of PublicTest" in told
    assert "says sad, of 100 % of them" in told


def view(verdict):
    """A view without pictures, in which each claim has one part and one verdict."""
    pictures = np.full((2, 7, 48, 48), np.nan)
    parts = {"claim": "one above another", "faces": 40, "verdict": verdict}
    table = pd.DataFrame([{"expression": name} | parts for name in homework_claims.CLAIMS])
    return export.View(np.zeros(7, int), *pictures, np.zeros((0, 1, 1)), [], table)


def test_views_are_those_of_the_first_seed_and_the_best_answers(tmp_path):
    assert "No view" in published.claimed([])
    found = groups(
        result(named("fast"), seed=1), result(named("best"), 60), result(named("faithful"), 50)
    )
    for group, verdict in zip(
        found[1:], (homework_claims.FALLS, homework_claims.HOLDS), strict=True
    ):
        export.write(view(verdict), tmp_path / f"view-{stored_results.stem(group[0])}.json")
    seen = published.views(tmp_path, found)
    assert [result for result, _ in seen] == [found[1][0], found[2][0]]
    told = published.claimed(seen)
    assert "**happy: does not hold** on photographs of PublicTest (n = 40)" in told
    assert "that of best, right on 60.0 % of PublicTest" in told
    table = published.verdicts(seen)
    assert list(table.index) == ["best", "faithful"]
    assert set(table.loc["faithful"]) == {homework_claims.HOLDS}


def test_published_numbers_are_shares_of_a_known_split():
    assert PUBLISHED["accuracy"].between(0.6, 0.8).all()
    assert set(PUBLISHED["split"]) <= {"PublicTest", "PrivateTest", "both"}
