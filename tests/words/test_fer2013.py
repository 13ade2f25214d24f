import numpy as np
import pandas as pd
import pytest

from fer_lib.words import fer2013

BEST = {
    "recipe": "fast", "seeds": 1, "accuracy": 0.75, "low": 0.7, "high": 0.8,
    "new": 0, "new_faces": np.nan, "new_seeds": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.71, 0.8, "it is above people"),
        (0.62, 0.69, "whether it is above or below people is inconclusive"),
        (0.62, 0.72, "whether it is above or below people is inconclusive"),
        (0.5, 0.59, "it is below people"),
    ],
)
def test_the_best_is_compared_with_people(low, high, words):
    text = fer2013.best_answer(pd.DataFrame([BEST | {"low": low, "high": high}]))
    assert f"65 %, give or take 5 points: {words}." in text


def test_the_answer_names_the_best_and_compares_it_with_people():
    text = fer2013.best_answer(pd.DataFrame([BEST]))
    assert "`fast`, is right on **75.0 %** of PublicTest (1 seed; 70.0 to 80.0 %" in text
    assert "near-duplicate" not in text
    apart = BEST | {"new": 63, "new_faces": 0.7, "new_seeds": 2}
    text = fer2013.best_answer(pd.DataFrame([apart]))
    assert "On the 63 faces without a near-duplicate at the same place in Training" in text
    assert "it is right on **70.0 %**" in text


def test_memory_is_claimed_only_beyond_chance():
    gains = pd.DataFrame({"all": [0.9, 0.67], "gain": [0.09, 0], "low": [0.02, -0.1]})
    text = fer2013.memory_effect(gains, (0.13, 0.05, 0.2), "mirrored")
    assert "worth **9.0 points**" in text
    assert (
        "by 23.0 points; trained without them by 13.0 (5.0 to 20.0), so they are easier too" in text
    )
    text = fer2013.memory_effect(gains.assign(low=-0.02), (0.0, -0.05, 0.05), "mirrored")
    assert "memorised near-duplicates is inconclusive" in text
    assert "which chance alone could do. " in text
    assert "images of one photograph, mirrored; other copies stayed in" in text


def test_helping_rare_classes_says_what_is_shown_and_what_is_not():
    rows = [
        ("weights", "recall of disgust", 0.4, 0.5, 0.001, True),
        ("weights", "accuracy", 0.65, 0.64, 0.002, True),
        ("sampling", "recall of disgust", 0.4, 0.5, 0.001, True),
        ("sampling", "accuracy", 0.65, 0.64, 0.06, False),
    ]
    columns = ["way", "score", "plain", "helped", "p", "same_direction"]
    table = pd.DataFrame(rows, columns=columns)
    text = fer2013.rare_classes(table)
    assert "(4 paired t-tests over the seeds, by" in text
    assert "with weights recall of disgust rises and accuracy falls; with sampling recall" in text
    assert text.endswith("sampling recall of disgust rises. The other changes are inconclusive.")
    text = fer2013.rare_classes(table.assign(same_direction=True))
    assert text.endswith("inconclusive, though in each seed with sampling accuracy falls.")
    # 0.02 alone would do, and four times that does not
    assert fer2013.rare_classes(table.assign(p=0.02)).startswith("No change is shown")
    assert fer2013.rare_classes(table.assign(p=np.nan)).startswith("No change is shown")
