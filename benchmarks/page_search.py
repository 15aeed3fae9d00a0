"""The page in a headless Chromium: from Enter to the first result on the screen.

`python -m benchmarks.page_search 100000` takes another number of passages. Beside it stands what
the search itself took, as the page says it.
"""

import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.samples import sample_queries
from benchmarks.texts import index_passages
from ui.launch import running_page

PASSAGES, A_DOCUMENT = 100_000, 10
WARM, MEASURED = 5, 40
PATIENCE_MS = 300_000

# Resolves at the frame after the list of results has become another one.
_WATCH = """
() => {
    const list = () => document.querySelector('.ct-results')?.innerText;
    window.shown = new Promise((done) => {
        document.addEventListener('keydown', (event) => {
            if (event.key !== 'Enter') return;
            const began = performance.now();
            const before = list();
            const watch = new MutationObserver(() => {
                if (list() === undefined || list() === before) return;
                watch.disconnect();
                requestAnimationFrame(() => done(performance.now() - began));
            });
            watch.observe(document.body, {subtree: true, childList: true, characterData: true});
        }, {once: true, capture: true});
    });
}
"""


def main() -> None:
    """Index, ask on the page and print the median time to the first result."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    wanted = int(sys.argv[-1]) if sys.argv[-1].isdecimal() else PASSAGES
    queries = [query.query for query in sample_queries()][: WARM + MEASURED]
    with tempfile.TemporaryDirectory() as name:
        folder = index_passages(Path(name), wanted, A_DOCUMENT)
        with running_page(folder, None) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE_MS)
            page.goto(served.address)
            times = [_ask(page, query) for query in queries][WARM:]
            browser.close()
    whole, search = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"{wanted:,} passages: {whole:.0f} ms from Enter to the first result on the screen, of "
        f"which the search {search:.0f} ms; {sum(one < 300 for one, _ in times)} of {len(times)} "
        "under 300 ms"
    )


def _ask(page: Page, query: str) -> tuple[float, float]:
    box = page.locator(".st-key-q input")
    box.fill(query)
    page.evaluate(_WATCH)
    box.press("Enter")
    took = float(page.evaluate("() => window.shown"))
    page.wait_for_timeout(300)  # what the page still draws belongs to this question
    said = page.locator(".ct-line").filter(has_text=" ms").inner_text()
    found = re.search(r"([\d,]+) ms", said)
    assert found is not None
    return took, float(found[1].replace(",", ""))


if __name__ == "__main__":
    main()
