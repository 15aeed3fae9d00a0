"""Make docs/*.png, the pictures of the four pages, from the sample folder.

Run it with `make screenshots`. It needs Chromium; nothing outside this machine is asked.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import sync_playwright

from indexer import Index, load_encoder, sync
from indexer.resources import data_folder
from ui.launch import running_page

# An English question whose answers are all in other languages and scripts.
QUERY = "my passport was stolen abroad"
# Of each page its address, and what it shows once it is whole.
PAGES = {
    "search": (f"/?q={quote(QUERY)}", ".ct-card"),
    "library": ("/library", "text=samples"),
    "map": ("/map", "canvas"),
    "encoders": ("/encoders", "text=bge-m3"),
}
# The first visit loads everything, perhaps on a busy machine.
PATIENCE_MS = 120_000
WIDTH, HEIGHT = 1280, 860
# Sharp on a dense screen, and still a few hundred kilobytes.
SCALE = 1.5


def main() -> None:
    """Index the samples in a temporary folder, ask, and take the picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is missing: apt-get install chromium fonts-noto-core fonts-noto-cjk")
    # A place with a plain name, because the Library page shows it.
    place = Path(tempfile.gettempdir()) / "crosstongue"
    shutil.rmtree(place, ignore_errors=True)
    try:
        shutil.copytree(data_folder() / "samples", place / "samples")
        _pictures(chromium, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _pictures(chromium: str, place: Path) -> None:
    folder = place / "index"
    with Index.create(folder, encoder=load_encoder("embedded")) as index:
        sync(index, place / "samples")
    with running_page(folder, None) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        for name, (address, whole) in PAGES.items():
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE
            )
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{served.address}{address}")
            page.wait_for_selector(whole)
            page.wait_for_timeout(3_000)  # the last fade-in
            page.screenshot(path=Path(__file__).with_name(f"{name}.png"))
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
