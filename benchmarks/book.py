"""How fast the book is built, printed and opened, and how large it is.

    python benchmarks/book.py          # the committed book, or: benchmarks/book.py SOURCES

The bars: 15 s to build, 22 MB of HTML without the 5 of the network that a page can load, a front
page that can be used within 1 s from disk, and 50 ms from an exhibit's slider, button or key to the
frame that shows it (the median of a hundred); 400 ms where the network runs in the page.
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

# from an input to the end of the frame that paints it, in milliseconds
REACTIONS = """async ([selector, count]) => {
    const controls = [...document.querySelectorAll(selector)], times = [];
    for (let i = 0; i < count; i++) {
        const control = controls[i % controls.length], start = performance.now();
        if (control.max) {  // a slider: to and fro, from end to end
            control.value = i % 2 ? control.max : control.min;
            control.dispatchEvent(new Event('input'));
        } else if (control.type === 'radio') {
            control.click();
        } else {
            const key = ['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowRight'][i % 4];
            control.dispatchEvent(new KeyboardEvent('keydown', {key}));
        }
        const work = performance.now() - start;
        await new Promise(painted => requestAnimationFrame(() => {
            const {port1, port2} = new MessageChannel();
            port1.onmessage = painted;
            port2.postMessage(0);
        }));
        times.push({work, painted: performance.now() - start});
    }
    return times;
}"""
EXHIBITS = {
    "convolution": ("6_convolution", ".convolution input"),
    "cover": ("4_saliency", ".cover .face"),
    "inside": ("5_filters", ".inside .layers input"),
    "unit": ("4_saliency", ".unit input[type=range]"),
    "try": ("try", ".try .face"),
}
BARS = dict.fromkeys(EXHIBITS, 50) | {"try": 400}  # ms: a forward pass takes longer than a look


def reactions(html: Path, browser: str) -> dict[str, list[dict[str, float]]]:
    """Milliseconds of a hundred inputs on each exhibit: of the script alone, and until painted."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser)
        tab = running.new_page()
        times = {}
        for name, (page, selector) in EXHIBITS.items():
            tab.goto((html / f"{page}.html").as_uri())
            if name == "try":
                tab.get_by_role("button", name="Load the network").click()
                tab.locator(selector).wait_for()
            tab.evaluate(f"document.querySelector('.exhibit.{name}').scrollIntoView()")
            times[name] = tab.evaluate(REACTIONS, [selector, 100])
        running.close()
    return times


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
        files = [path for path in html.rglob("*") if path.is_file() and path.name != "compact.js"]
        size = sum(path.stat().st_size for path in files)
        print(f"html            {size / 1e6:6.1f} MB  (bar 22)")
        browser = find_chromium()
        if browser is None:
            print("no Chromium here: the front page was not timed, the book not printed")
            return
        for page in ("index", *dict(EXHIBITS.values())):
            for name, seconds in opened(html / f"{page}.html", browser).items():
                bar = " (bar 1)" * (page == "index" and name == "usable")
                print(f"{page:<15} {seconds:6.2f} {' ' if name == 'shift' else 's'}   {name}{bar}")
        for exhibit, times in reactions(html, browser).items():
            for name in ("work", "painted"):
                median, slowest = (
                    statistics.median(t[name] for t in times),
                    max(t[name] for t in times),
                )
                bar = f" (bar {BARS[exhibit]})" * (name == "painted")
                print(f"{exhibit:<15} {median:6.1f} ms  {name}; slowest {slowest:.0f}{bar}")
        start = time.perf_counter()
        pdf = make_pdf(sources, Path(folder) / "book.pdf")
        taken, megabytes = time.perf_counter() - start, pdf.stat().st_size / 1e6
        print(f"pdf             {taken:6.1f} s   {megabytes:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "book")
