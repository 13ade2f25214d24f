"""How fast the book is built, printed and opened, and how large it is.

    python benchmarks/book.py          # the committed book, or: benchmarks/book.py SOURCES

The bars: 15 s to build, 25 MB of HTML, a front page that can be used within 1 s from disk.
"Usable" is the browser's own clock: from the start of the navigation to the end of its load event
(text, figures and scripts are there), each time in a new browser with an empty cache. Beside it,
what Lighthouse looks at: the first and the largest paint, and how far the layout shifts (unitless).
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from fer_lib.report.pdf import find_chromium, make_pdf
from fer_lib.report.render import jupyter_book

ROUNDS = 5
TIMES = """async () => {
    const seen = type => new Promise(done => new PerformanceObserver(
        list => done(list.getEntries())).observe({type, buffered: true}));
    const [n] = performance.getEntriesByType('navigation');
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const largest = (await seen('largest-contentful-paint')).at(-1);
    const shifts = await Promise.race([seen('layout-shift'),
        new Promise(done => setTimeout(() => done([]), 300))]);
    return {
        paint: paint.startTime / 1000, largest: largest.startTime / 1000,
        usable: n.loadEventEnd / 1000,
        shift: shifts.reduce((sum, s) => sum + (s.hadRecentInput ? 0 : s.value), 0),
    };
}"""


def opened(page: Path, browser: str) -> dict[str, float]:
    """Medians of the seconds until the page is painted and can be used, and of its shift."""
    rounds = []
    with sync_playwright() as playwright:
        for _ in range(ROUNDS):
            running = playwright.chromium.launch(executable_path=browser)
            tab = running.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
            rounds.append(tab.evaluate(TIMES))
            running.close()
    return {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}


def main(sources: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        html = jupyter_book(sources, Path(folder))
        print(f"build           {time.perf_counter() - start:6.1f} s   (bar 15)")
        size = sum(path.stat().st_size for path in html.rglob("*") if path.is_file())
        print(f"html            {size / 1e6:6.1f} MB  (bar 25)")
        browser = find_chromium()
        if browser is None:
            print("no Chromium here: the front page was not timed, the book not printed")
            return
        for page in ("index", "6_convolution"):
            for name, seconds in opened(html / f"{page}.html", browser).items():
                bar = " (bar 1)" * (page == "index" and name == "usable")
                print(f"{page:<15} {seconds:6.2f} {' ' if name == 'shift' else 's'}   {name}{bar}")
        start = time.perf_counter()
        pdf = make_pdf(sources, Path(folder) / "book.pdf")
        taken, megabytes = time.perf_counter() - start, pdf.stat().st_size / 1e6
        print(f"pdf             {taken:6.1f} s   {megabytes:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "book")
