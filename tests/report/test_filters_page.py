"""Page 5 holds for other networks than the one that it was written for."""

import json
from pathlib import Path

import pytest
import small

from fer_lib.report import pages

PAGE = Path(__file__).parents[2] / "book/5_filters.ipynb"
BRANCHED = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.last, self.fc = nn.Conv2d(16, 12, 3, stride=2), nn.Linear(12, 7)

    def forward(self, x):
        x = self.stem(x).relu()
        x = self.last(torch.cat([self.one(x), self.two(x)], 1)).relu()
        return self.fc(x.mean((2, 3)))
"""


@pytest.mark.parametrize(
    ("model", "name", "convolutions"),
    [("net.py:Net", "Net", 4), pytest.param("deep", "DeepCNN", 9, marks=pytest.mark.slow)],
)
def test_the_page_runs_to_its_end(tmp_path, model, name, convolutions):
    """An own network with a branch; and DeepCNN, of whose filters only some are climbed."""
    (tmp_path / "net.py").write_text(BRANCHED)
    small.csv(tmp_path / "fer2013.csv", 28)
    given = {"data": "fer2013.csv", "model": model, "epochs": 1, "runs": "runs"}
    pages.execute(pages.read(PAGE), tmp_path / "page.ipynb", given, tmp_path)
    cells = {cell.id: cell for cell in pages.read(tmp_path / "page.ipynb").cells}
    assert f"page is {name}." in cells["answer"].outputs[0].data["text/markdown"]
    shown = cells["inside"].outputs[-1].data["text/html"]
    data = json.loads(shown.partition(">")[2].rpartition("</")[0])
    assert len(data["shapes"]) == convolutions
    assert "The closest pair of those climbed is" in cells["solution-2"].outputs[0].text
