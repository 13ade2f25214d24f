"""What tests of several rooms share."""

import numpy as np
import pytest


@pytest.fixture
def small_csv(tmp_path):
    """Writes a fer2013.csv of noise: `faces` for training, as many for validation."""

    def write(faces):
        rng = np.random.default_rng(0)
        lines = ["emotion,pixels,Usage"]
        for usage in ("Training", "PublicTest"):
            for i in range(faces):
                pixels = " ".join(map(str, rng.integers(0, 256, 48 * 48)))
                lines.append(f"{i % 7},{pixels},{usage}")
        path = tmp_path / "fer2013.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
