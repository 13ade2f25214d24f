"""Where the library runs: no network, no home, odd paths, no terminal, little memory, a wheel."""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALLER = "give a smaller --batch-size"
NO_HOME = {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere/cache"}
C = {"LC_ALL": "C", "LANG": "C"}


@pytest.fixture
def train(command, noise, tmp_path):
    """Train ShallowCNN for an epoch, somewhere; gives the finished process and its run's folder."""

    def call(*arguments, runs=tmp_path / "runs", data=noise, **options):
        fixed = ["train", "--data", data, "--model", "shallow", "--epochs", "1", "--runs", runs]
        done = command(*fixed, *arguments, **options)
        made = [path.parent for path in Path(runs).resolve().glob("*/manifest.json")]
        return done, made[0] if made else None

    return call


def unshared():
    """A command that runs another without any network; skips where the system refuses."""
    wrap = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the network cannot be taken away here: unshare is refused")
    return wrap


def odd(tmp_path, noise):
    """A folder whose name has blanks, letters beyond ASCII and quotes, with the data in it."""
    folder = tmp_path / "a folder, of É. Müller's “faces” 顔"
    folder.mkdir()
    shutil.copy(noise, folder / "fer 2013 ü.csv")
    return folder


def test_all_at_once(command, noise, tmp_path, fault):
    """No network, no home, an odd relative path, LANG=C, one core, no terminal."""
    folder = odd(tmp_path, noise)
    alone = ["setsid", "--wait", "taskset", "--cpu-list", "0", *unshared()]
    arguments = ["data", "fer 2013 ü.csv", "--out", "gezählt.json"]
    done = command(*arguments, under=alone, cwd=folder, env=NO_HOME | C)
    survived = done.returncode == 0 and (folder / "gezählt.json").exists()
    fault("all surroundings at once", done.stderr, survived=survived)


SURROUNDINGS = {
    "no network": {"under": unshared},
    "a home that cannot be written": {"env": NO_HOME},
    "LANG=C": {"env": C},
    "no terminal": {"under": lambda: ["setsid", "--wait"], "stdin": subprocess.DEVNULL},
    "one core": {"under": lambda: ["taskset", "--cpu-list", "0"]},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", SURROUNDINGS)
def test_each_by_itself(train, command, fault, kind):
    """Train, then read the run."""
    options = dict(SURROUNDINGS[kind])
    if "under" in options:
        options["under"] = options["under"]()
    done, made = train(**options)
    assert made is not None, done.stderr
    scored = command("evaluate", made, "--json", **options)
    survived = done.returncode == scored.returncode == 0
    fault(kind, (done.stderr or "") + (scored.stderr or ""), survived=survived)


@pytest.mark.slow
def test_odd_paths_and_another_working_directory(train, command, noise, tmp_path, fault):
    folder = odd(tmp_path, noise)
    (folder / "elsewhere").mkdir()
    done, _ = train(data="../fer 2013 ü.csv", runs="../runs – 1", cwd=folder / "elsewhere", env=C)
    (made,) = [path.parent for path in (folder / "runs – 1").glob("*/manifest.json")]
    scored = command("evaluate", made, cwd=tmp_path)
    survived = done.returncode == scored.returncode == 0
    fault("blanks, other letters, another folder", done.stderr + scored.stderr, survived=survived)


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(command, train, fault):
    _, made = train()
    done = command("evaluate", made, under=["sh", "-c", '"$@" | head -c 1 > /dev/null', "sh"])
    quiet = not re.search("error|Broken", done.stderr)  # what was read is said there too
    fault("stdout closed early", done.stderr, survived=quiet)


def limited(size):
    """For a child: so many bytes of memory of its own, and not one more."""
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (size, size))


@pytest.mark.slow
def test_two_gigabytes_of_memory_are_enough(train, fault):
    """DeepCNN with the batch of its recipe."""
    done, made = train("--model", "deep", preexec_fn=limited(2 << 30))
    fault("2 GB of memory", done.stderr, survived=done.returncode == 0 and made is not None)


@pytest.mark.slow
def test_too_large_a_batch_for_the_memory_is_told(train, noise, tmp_path, fault):
    header, *rows = noise.read_text().splitlines()
    many = tmp_path / "many.csv"
    many.write_text("\n".join([header, *rows * 60]) + "\n")
    deep = ["--model", "deep", "--precision", "fp32"]
    done, _ = train(*deep, "--batch-size", "2048", data=many, preexec_fn=limited(2 << 30))
    fault("2 GB of memory", done.stderr, SMALLER, survived=done.returncode == 1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A wheel of this checkout, installed in a folder of its own."""
    folder = tmp_path_factory.mktemp("a wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    made = subprocess.run(
        [*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode and "hatchling" in made.stderr:
        pytest.skip("no wheel can be built here: hatchling cannot be fetched")
    assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site"


@pytest.mark.slow
def test_the_whole_report_from_a_wheel(command, site, noise, tmp_path, fault):
    """Installed elsewhere, without network and home, under LANG=C, in an odd folder."""
    folder = odd(tmp_path, noise)
    env = {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"} | NO_HOME | C
    where = subprocess.run(
        [sys.executable, "-c", "import fer_lib; print(fer_lib.__file__)"],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(site))
    done = command(
        *("report", "--data", "fer 2013 ü.csv", "--epochs", "1", "--author", "É. Müller"),
        *("--out", "rapport é", "--runs", "runs"),
        under=unshared(),
        cwd=folder,
        env=env,
        timeout=1500,
    )
    pages = [path.stem for path in (folder / "rapport é" / "html").glob("*.html")]
    expected = [path.stem for path in (ROOT / "book").glob("*.ipynb")]
    fault("a wheel, installed elsewhere", done.stderr, survived=set(expected) <= set(pages))
    assert done.returncode == 0
    assert done.stdout.strip() == str(folder / "rapport é" / "html" / "index.html")


@pytest.mark.slow
def test_refresh_from_a_wheel_is_refused(command, site, tmp_path, fault):
    env = {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    done = command("refresh", cwd=tmp_path, env=env)
    named = "renews the notebooks of a checkout"
    fault("a wheel, installed elsewhere", done.stderr, named, survived=done.returncode == 2)
