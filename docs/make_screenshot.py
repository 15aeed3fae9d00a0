"""Make docs/search.png, the picture of the page in the README, from the sample folder.

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

PICTURE = Path(__file__).with_name("search.png")
# An English question whose answers are all in other languages and scripts.
QUERY = "my passport was stolen abroad"
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
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        with Index.create(folder, encoder=load_encoder("embedded")) as index:
            sync(index, data_folder() / "samples")
        with running_page(folder, None) as page:
            _take(chromium, f"{page.address}/?q={quote(QUERY)}")


def _take(chromium: str, address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE
        )
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        page.wait_for_selector(".ct-card")
        page.wait_for_selector("[data-testid=stSidebar] [data-testid=stMultiSelect]")
        page.wait_for_timeout(1_000)  # the last fade-in
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
