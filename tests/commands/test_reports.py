import json

import small
from small import call

from fer_lib import __main__ as cli


def test_a_report_on_a_run_takes_its_data_and_its_network(monkeypatch, tmp_path):
    from fer_lib.report import build

    asked = []
    monkeypatch.setattr(build, "build", lambda **choices: asked.append(choices))
    monkeypatch.chdir(tmp_path)
    cli.parse(["report", "--run", "compact", "--data", "x/fer.zip"])()
    cli.parse(["report", "--model", "a/net.py:Net"])()
    cli.parse(["report"])()
    folders = [choices["out"].relative_to(tmp_path).as_posix() for choices in asked]
    assert folders == ["reports/fer-residual", "reports/embedded-Net", "reports/embedded"]
    given = [tuple(choices[k] for k in ("data", "model", "run")) for choices in asked]
    assert given[0][:2] == ("x/fer.zip", "residual")
    assert given[0][2].path.name == "compact"
    assert given[1:] == [("embedded", "a/net.py:Net", None), ("embedded", None, None)]


def test_an_audit_is_printed_and_stored(monkeypatch, capsys, tmp_path):
    data, stored = small.csv(tmp_path / "fer2013.csv", 28), tmp_path / "audit.json"
    code, out, _ = call(monkeypatch, capsys, "data", data, "--out", stored)
    assert code == 0
    assert json.loads(stored.read_text())
    assert "28" in out
