import numpy as np
import pandas as pd

from fer_lib.formatting import OPEN
from fer_lib.studies.memorisation import Memory
from fer_lib.words import fer2013

BEST = {
    "recipe": "fast", "seeds": 1, "accuracy": 0.75, "low": 0.7, "high": 0.8,
    "new": 0, "no_twin": np.nan, "new_seeds": 0,
}  # fmt: skip


def test_the_answer_names_the_best_and_compares_it_with_people():
    text = fer2013.best_answer(pd.DataFrame([BEST]))
    assert "fast, is right on **75.0 %** of PublicTest (1 seed; 70.0 to 80.0 %" in text
    assert "more than the people" in text
    assert "near-duplicate" not in text
    apart = BEST | {"new": 63, "no_twin": 0.7, "new_seeds": 2}
    assert "On the 63 faces without a near-duplicate in Training it is right on **70.0 %**" in (
        fer2013.best_answer(pd.DataFrame([apart]))
    )
    assert "No result" in fer2013.best_answer(pd.DataFrame())


def test_classes_are_named_by_where_they_lie():
    text = fer2013.recall_risen({"above": ["angry"], OPEN: ["sad", "fear"]})
    assert "angry lie above it here at 95 % confidence; none below it; sad and fear inconc" in text


def test_calibration_before_and_after():
    values = {"calibration": 0.08, "calibration_tempered": 0.02, "temperature": 1.3}
    text = fer2013.calibration(pd.Series(values))
    assert "**8.0 %**" in text
    assert "(about 1.30), it is 2.0 %" in text
    assert "No calibration" in fer2013.calibration(None)


def test_memory_is_claimed_only_beyond_chance():
    text = fer2013.memory_effect(Memory(0.09, 0.02, 0.23, 0.13, 0.05, 0.2))
    assert "worth **9.0 points**" in text
    assert "by 23.0 points; trained without them by 13.0 (5.0 to 20.0), so they are also" in text
    text = fer2013.memory_effect(Memory(0.02, -0.02, 0.1, 0.0, -0.05, 0.05))
    assert "memorised near-duplicates is inconclusive" in text
    assert text.endswith("which chance alone could do.")


def test_what_a_network_makes_of_drawn_faces():
    drawn = np.zeros((7, 7), int)
    drawn[:, 4] = 10  # it says sad of each
    text = fer2013.on_drawn_faces(drawn, 0.7)
    assert "right on **14.3 %** of 70 drawn faces (7.9 to 24.3 %), and on 70.0 % of" in text
    assert "says sad, for 100 % of them" in text
