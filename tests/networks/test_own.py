import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from fer_lib.errors import UserError
from fer_lib.networks import own
from fer_lib.networks.models import build, identity, is_channels_last

NET = """
from torch import nn
print("loaded")
class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, stride=8)
        self.second = nn.Conv2d(width, width, 3)
        self.fc = nn.LazyLinear(7)
    def forward(self, x):
        x = self.second(self.conv(x).relu())
        return self.fc(x.{flat})
"""


def written(folder: Path, text: str) -> str:
    (folder / "net.py").write_text(text)
    return f"{folder / 'net.py'}:Net"


@pytest.mark.parametrize(("flat", "fast"), [("view(len(x), -1)", False), ("flatten(1)", True)])
def test_a_class_of_the_user_s_is_built_in_the_layout_that_it_bears(tmp_path, capsys, flat, fast):
    name = written(tmp_path, NET.replace("{flat}", flat))
    model = build(name)
    assert model(torch.zeros(3, 1, 48, 48)).shape == (3, 7)
    assert is_channels_last(model) is fast
    assert model.training
    assert capsys.readouterr().out == ""  # stdout holds the result alone


def test_its_weights_are_of_the_seed_however_often_it_was_loaded(tmp_path):
    text = "import torch\ntorch.manual_seed(5)\n" + NET.replace("{flat}", "flatten(1)")
    name, made = written(tmp_path, text), []
    for _ in range(2):
        torch.manual_seed(3)
        made.append(build(name).state_dict())
    torch.manual_seed(3)
    first = nn.Conv2d(1, 4, 3, stride=8).weight
    assert all(torch.equal(weights["conv.weight"], first) for weights in made)
    assert torch.equal(made[0]["fc.weight"], made[1]["fc.weight"])


def test_the_text_that_is_run_is_the_one_on_the_disk(tmp_path):
    """Within the same second, and of the same length: Python's own cache would be deceived."""
    name = written(tmp_path, NET.replace("{flat}", "flatten(1)"))
    before = build(name), identity(name)
    written(tmp_path, NET.replace("{flat}", "flatten(1)").replace("width=4", "width=8"))
    assert build(name).conv.out_channels == 8 != before[0].conv.out_channels
    assert identity(name) != before[1]
    assert identity(name).startswith("Net ")


def test_an_installed_module_s_class_is_found_by_its_name(tmp_path, monkeypatch):
    written(tmp_path, NET.replace("{flat}", "flatten(1)"))
    (tmp_path / "net.py").rename(tmp_path / "ada_networks.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert type(build("ada_networks:Net")).__name__ == "Net"
    assert own.read_source("ada_networks:Net").path == tmp_path / "ada_networks.py"
    del sys.modules["ada_networks"]


def test_a_package_that_draws_as_it_is_imported_changes_no_first_weights(tmp_path, monkeypatch):
    (tmp_path / "ada_package").mkdir()
    (tmp_path / "ada_package/__init__.py").write_text("import torch\ntorch.rand(5)\nprint('hello')")
    written(tmp_path / "ada_package", NET.replace("{flat}", "flatten(1)"))
    monkeypatch.syspath_prepend(tmp_path)
    torch.manual_seed(3)
    built = build("ada_package.net:Net")
    torch.manual_seed(3)
    assert torch.equal(built.conv.weight, nn.Conv2d(1, 4, 3, stride=8).weight)
    for name in ("ada_package", "ada_package.net"):
        del sys.modules[name]


def test_a_package_that_raises_is_told_in_one_line(tmp_path, monkeypatch):
    (tmp_path / "bad_package").mkdir()
    (tmp_path / "bad_package/__init__.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"bad_package.net:Net cannot be found .ZeroDivisionError"):
        build("bad_package.net:Net")


def test_a_network_of_volumes_stays_as_it_is(tmp_path):
    text = NET.replace("nn.Conv2d(width, width, 3)", "nn.Conv3d(1, 1, 3)").replace(
        "{flat}", "flatten(1)"
    )
    own = written(tmp_path, text.replace("self.conv(x).relu()", "self.conv(x)[:, None]"))
    assert not is_channels_last(build(own))


BODY = "from torch import nn\nclass Net(nn.Module):\n    "
GIVES = "def forward(self, x):\n        return "
FC = "def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(2304, 7)\n    "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("class Net(", r"cannot be loaded .SyntaxError, line 1: '\(' was never closed"),
        ("import torch\n1 / 0", "cannot be loaded .ZeroDivisionError, line 2: division by zero"),
        ("import sys\nsys.exit('usage:')", "cannot be loaded .SystemExit, line 2: usage:"),
        ("from blocks import B", "line 1: No module named 'blocks'"),
        ("", "has no class Net; it has none"),
        (BODY.replace("Net", "Other") + "pass", r"has no class Net; it has \['Other'\]"),
        ("Net = dict", "makes a dict; it must be a torch.nn.Module"),
        (
            BODY + "def __init__(self, width):\n        super().__init__()",
            "cannot be made without arguments; give each a default .TypeError.*'width'",
        ),
        (BODY + GIVES + "x.flatten(1)", r"gives \(2, 2304\) for faces \(2, 1, 48, 48\); it must"),
        (BODY + GIVES + "[x]", r"gives list for faces \(2, 1, 48, 48\); it must be \(2, 7\)"),
        (
            BODY + GIVES + "x @ x[:, :, 1:]",
            r"fails on faces \(2, 1, 48, 48\) .RuntimeError, line 4",
        ),
        (BODY + GIVES + "x[:, 0, 0, :7]", "has no parameter to train"),
        (BODY + FC + GIVES + "self.fc(x.flatten(1)).softmax(1)", "ends with a softmax"),
        (f"#{'x' * own.LARGEST}", "has 100,001 bytes; a network's file has 100,000 most"),
    ],
)
def test_what_a_file_has_wrong_is_one_line(tmp_path, text, told):
    name = written(tmp_path, text)
    with pytest.raises(UserError, match=told) as caught:
        build(name)
    assert "\n" not in str(caught.value)
    assert "net.py" in str(caught.value)


def test_a_name_that_leads_nowhere(tmp_path):
    with pytest.raises(UserError, match=r"there is no file .*gone\.py"):
        build(f"{tmp_path / 'gone.py'}:Net")
    for name in ("no_such_module:Net", "no_such.module:Net", "sys:Net"):
        with pytest.raises(UserError, match=name):
            build(name)


def test_what_has_the_form_of_an_own_network():
    assert [own.is_own(n) for n in ("net.py:Net", "a.b:Net", r"C:\a\net.py:Net")] == [True] * 3
    assert [own.is_own(n) for n in ("deep", "net.py", ":Net", "net.py:", "net.py:a b")] == [
        False
    ] * 5


def test_as_many_logits_as_the_set_has_classes(tmp_path):
    name = written(tmp_path, BODY + FC.replace("7", "3") + GIVES + "self.fc(x.flatten(1))")
    assert build(name, 3).fc.out_features == 3
    with pytest.raises(UserError, match=r"gives \(2, 3\).*must be \(2, 8\), a logit for each of t"):
        build(name, 8)
