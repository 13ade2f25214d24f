"""The report killed by SIGKILL at any point, started twice at once, and out of disk.

A small book of its own, the real papermill, the real jupyter-book. A process is killed by an audit
hook at its n-th opening, renaming or removal of a file or start of a program; nothing is mocked.
"""

import json
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import small
from killing import started

from fer_lib.files import locked
from fer_lib.report.build import CLAIM


@pytest.fixture
def sources(tmp_path):
    """A book of a front page and two notebooks."""
    return small.book(tmp_path / "source", "print('first', seed)", "print('second', seed)")


def change(sources, word):
    """Another front page and another first page: one kernel and one rendering are due."""
    (sources / "index.md").write_text(f"# The front page\n\nHello {word}.\n")
    page = small.notebook(f"print('first {word}', seed)", title="First")
    nbformat.write(page, sources / "first.ipynb")


@pytest.fixture
def run(sources, noise, tmp_path):
    """Build, wait for the end, and give the exit code and what was told."""

    def call(**options):
        told = tmp_path / f"told-{time.time_ns()}"
        child = started(sources, noise, tmp_path / "out", told, **options)
        child.join(300)
        return child.exitcode, Path(f"{told}.err").read_text(), told.read_text().splitlines()

    return call


class Links(HTMLParser):
    """The files that a page links to or shows."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value and not re.match(r"\w+:|#|data:", value):
                self.found.append(value.split("#")[0].split("?")[0])


def openable(html, word):
    """Whether every page is there, whole, of one edition, and all that it asks for too."""
    pages = {name: (html / f"{name}.html").read_text() for name in ("index", "first", "second")}
    assert all(text.rstrip().endswith("</html>") for text in pages.values())
    links = {html / link for text in pages.values() for link in Links(text).found if link}
    assert [link for link in links if not link.exists()] == []
    return f"Hello {word}." in pages["index"] and f"first {word} 0" in pages["first"]


def kill_and_go_on(run, sources, out, fault, lost, old, new, **point):
    """The book `old`, then a change to `new`, and a kill while that is built: one of them stands.

    Between two renames the old one stands under its other name. Then once more, to the end.
    """
    before = lost.before(out / "html")
    change(sources, new)
    code, said, _ = run(**point)
    assert code in (-signal.SIGKILL, 0), said
    html = out / "html" if (out / "html").exists() else out / ".html.old"
    swapped = openable(html, new)
    gone = 0 if swapped else lost(before, html)
    whole = swapped or openable(html, old)
    code, again, _ = run()
    done = code == 0 and openable(out / "html", new)
    fault("report killed", said + again, lost=gone, survived=whole and done)


def test_killed_in_a_page_then_made_to_wait(run, sources, noise, tmp_path, fault, lost):
    """What was there stays: here a stand-in, for a book takes ten seconds to render."""
    out, errors = tmp_path / "out", tmp_path / "told.err"
    (out / "html").mkdir(parents=True)
    (out / CLAIM).write_text(json.dumps({"report on": str(noise)}))
    (out / "html" / "index.html").write_text("the last good book")
    before = lost.before(out)
    code, said, _ = run(kill="subprocess.Popen")  # a kernel is about to begin
    fault("report killed", said, lost=lost(before, out), survived=code == -signal.SIGKILL)
    with locked(out / ".lock"):
        child = started(sources, noise, out, tmp_path / "told")
        while "waiting" not in (said := errors.read_text() if errors.exists() else ""):
            assert child.is_alive()
            time.sleep(0.05)
        child.kill()
        child.join()
    fault("two reports at once", said, "waiting for another process", lost=lost(before, out))


@pytest.mark.slow
def test_killed_then_started_twice_at_once(run, sources, noise, tmp_path, fault, lost):
    """While the renderer is at work."""
    out = tmp_path / "out"
    change(sources, "old")
    assert run()[0] == 0
    before = lost.before(out / "html")
    change(sources, "new")
    code, said, _ = run(after=3.0)
    assert code == -signal.SIGKILL
    whole = openable(out / "html", "old")
    gone = lost(before, out / "html")

    both = [started(sources, noise, out, tmp_path / f"told-{i}") for i in range(2)]
    for child in both:
        child.join(300)
    again = "".join((tmp_path / f"told-{i}.err").read_text() for i in range(2))
    done = [child.exitcode for child in both] == [0, 0] and openable(out / "html", "new")
    fault("report killed", said, lost=gone, survived=whole and done)
    fault("two reports at once", again, "waiting for another process", survived=done)
    assert len(re.findall(r"second +up to date", again)) == 2
    assert len(re.findall(r"html +\d", again)) == 1  # the second found it done
    for _ in range(30):  # the killed one's renderer may be at work still
        if not list(out.glob(".staged*")):
            break
        time.sleep(1)
        assert run()[0] == 0  # which sweeps
    assert not list(out.glob(".staged*"))


@pytest.mark.slow
def test_killed_at_every_step(run, sources, tmp_path, fault, lost):
    """At events that change a file of ours or start a program, then by the clock."""
    out = tmp_path / "out"
    for word in ("first", "word 0"):
        change(sources, word)
        code, said, events = run()
        assert code == 0, said
    sources_read = r"(\.ipynb|\.md|\.py|\.bib|_toc.yml)'"
    changing = [
        {"kill": int(event.split()[0])}
        for event in events
        if re.search(r"subprocess|\.tmp", event) or not re.search(sources_read, event)
    ]
    at = [changing[i * (len(changing) - 1) // 15] for i in range(16)]
    when = [{"after": seconds} for seconds in (0.5, 1.2, 2.0, 3.0)]
    for number, point in enumerate([*at, *when]):
        words = f"word {number}", f"word {number + 1}"
        kill_and_go_on(run, sources, out, fault, lost, *words, **point)


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_good_book(run, sources, noise, disk, fault, lost, tmp_path):
    """Room for one book and a half; then for two."""
    out = disk("400m") / "out"
    out.mkdir()
    (tmp_path / "out").symlink_to(out)
    change(sources, "old")
    assert run()[0] == 0
    before = lost.before(out / "html")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    disk.set(f"size={int(1.5 * size)}")
    change(sources, "new")
    assert run()[0] != 0
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, sources, noise, out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert openable(out / "html", "old")
    disk.set("size=400m")
    gone = lost(before, out / "html")
    done = run()[0] == 0 and openable(out / "html", "new")
    fault("disk full: book", told.stderr, "No space left", gone, survived=done)


PROGRAM = """
import sys
from pathlib import Path
from fer_lib import __main__ as cli
from fer_lib.report import build
build.SOURCE = Path(sys.argv[1])
sys.argv = ["fer-lib", "report", "--data", sys.argv[2], "--out", sys.argv[3]]
cli.main()
"""
