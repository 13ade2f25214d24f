from fer_lib.words.faces import cost_and_use


def test_what_was_measured_is_said_with_and_without_the_transfer():
    numbers = {
        "speed": {"faces": 10000, "seconds": 5, "core_seconds": 9, "cores": 2, "peak_mib": 400},
        "softmax": {"accuracy": 0.3},
    }
    assert "10,000 faces were drawn in 5.0 s" in cost_and_use(numbers)
    assert "ShallowCNN" not in cost_and_use(numbers)
    transfer = {"faces": 6400, "balanced_accuracy": 0.31, "scored": 3589}
    text = cost_and_use(numbers | {"transfer": transfer})
    assert "balanced accuracy of 31.0 % on FER2013's 3,589" in text
