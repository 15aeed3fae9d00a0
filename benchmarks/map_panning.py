"""The map of 50,000 passages panned in a headless Chromium: frames a second.

Beside it, in the same browser on the same page, how often the browser is ready for a frame when
nothing is drawn: the most there could be. Needs Chromium and no graphics card.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.texts import index_passages
from ui.launch import running_page

PASSAGES = 50_000
A_DOCUMENT = 100
SECONDS = 5
WIDTH, HEIGHT = 1440, 900
PATIENCE_MS = 300_000

# Moves the pressed pointer a little at every frame, and counts the frames that were drawn.
_PAN = """
async ([seconds, pan]) => {
    const find = (root) => root.querySelector('canvas[data-frames]') ||
        [...root.querySelectorAll('*')]
            .map((node) => node.shadowRoot && find(node.shadowRoot)).find(Boolean);
    const canvas = find(document);
    const box = canvas.getBoundingClientRect();
    const say = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, clientX: box.left + box.width / 2 + x, clientY: box.top + box.height / 2 }));
    canvas.setPointerCapture = () => {};
    if (pan) say('pointerdown', 0);
    const drawn = Number(canvas.dataset.frames);
    const began = performance.now();
    let ready = 0;
    while (performance.now() - began < 1000 * seconds) {
        await new Promise(requestAnimationFrame);
        ready += 1;
        if (pan) say('pointermove', 100 * Math.sin(ready / 20));
    }
    const took = (performance.now() - began) / 1000;
    if (pan) say('pointercancel', 0);
    return (pan ? Number(canvas.dataset.frames) - drawn : ready) / took;
}
"""


def main() -> None:
    """Index, open the map, pan it and print the frames a second."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = index_passages(Path(name), PASSAGES, A_DOCUMENT)
        with running_page(folder, None) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
            )
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{served.address}/map")
            page.wait_for_selector("canvas[data-frames]")
            page.wait_for_timeout(2_000)
            idle, panned = _frames(page, pan=False), _frames(page, pan=True)
            page.get_by_label("Zoom in").click()
            zoomed = _frames(page, pan=True)
            browser.close()
    print(
        f"{PASSAGES:,} points on {WIDTH} x {HEIGHT}: {panned:.1f} frames/s panned, {zoomed:.1f} "
        f"zoomed in; {idle:.1f} with nothing to draw"
    )


def _frames(page: Page, *, pan: bool) -> float:
    return float(page.evaluate(_PAN, [SECONDS, pan]))


if __name__ == "__main__":
    main()
