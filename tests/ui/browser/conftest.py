"""A real browser on the real page; skipped, with the reason, where there is no Chromium."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from indexer import Index, load_encoder, sync
from ui.launch import Place, running_page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# The machine that runs the tests may be doing much else.
PATIENCE_MS = 60_000
_LOOKED_FOR = re.compile("/(library|map|encoders)/_stcore/(health|host-config)$")
LONG = "Ein langer Absatz ohne Ende. " * 180
HOSTILE_NAME = "<b>x $y$ :heart: \u202efdp"
HOSTILE = (
    "<script>window.hacked = 1; alert(1)</script> <img src=x onerror='window.hacked = 1'> "
    "$x^2$ :smile: **bold** [link](javascript:alert(1)) \u202eright to left"
)

DOCUMENTS = {
    "health/fever.md": "# Fever\n\nDrink plenty of water when you have a fever. Rest a lot.\n",
    "health/حمى-2026.md": "# الحمى عند الأطفال (2026)\n\nاشرب الكثير من الماء (نحو 2 لتر)!\n",
    "health/חום.md": "# חום גבוה?\n\nשתו הרבה מים, כ-2 ליטר ביום. אפשר גם תה.\n",
    "health/发烧.txt": "发烧的时候要多喝水，好好休息。如果三天不退烧，请去看医生。",
    "health/ไข้.txt": "ถ้าเป็นไข้ให้ดื่มน้ำมาก ๆ และพักผ่อนให้เพียงพอ",
    "health/बुखार.txt": "बुखार में खूब पानी पिएँ और आराम करें।",
    "law/kaution.md": "# Die Kaution\n\nDer Vermieter zahlt die Kaution nach dem Auszug zurück.\n",
    "long.txt": f"{LONG}Zum Schluss ein Zebra mit Streifen.",
    f"{HOSTILE_NAME}/a.txt": f"A hostile zeppelin flies. {HOSTILE}\n",
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Callable[[Path], object]:
    """Serve the page of an index while a `with` lasts; gives the address."""

    @contextmanager
    def serving(index: Path, place: Place | None = None, own: Path | None = None) -> Iterator[str]:
        # A home of its own, so that no person's settings of Streamlit count.
        home = os.environ.get("HOME", "")
        os.environ["HOME"] = str(own or tmp_path_factory.mktemp("home"))
        try:
            with running_page(index, None, place) as page:
                yield page.address
                _close_windows(browser, page.address)
        finally:
            os.environ["HOME"] = home

    return serving


def _close_windows(browser: Browser, address: str) -> None:
    """Close what shows a page before its server ends, of which it may still be fetching scripts."""
    for context in browser.contexts:
        for page in context.pages:
            if page.url.startswith(address):
                page.close()


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """An index of the documents above."""
    place = tmp_path_factory.mktemp("browser")
    for name, text in DOCUMENTS.items():
        file = place / "papers" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    with Index.create(place / "index", encoder=load_encoder("embedded")) as index:
        sync(index, place / "papers")
    return place / "index"


@pytest.fixture(scope="session")
def address(serve: Callable, index_folder: Path) -> Iterator[str]:
    """The page of that index, served once for all tests that only look at it."""
    with serve(index_folder) as served:
        yield served


def _is_fault(said: ConsoleMessage) -> bool:
    """Whether a page's console tells an error of ours."""
    if said.type != "error":
        return False
    # Streamlit looks for its server below the page's own address first, and then above it; and
    # where a test ends the server, the page loses it.
    looked = _LOOKED_FOR.search(said.location["url"]) and "404" in said.text
    return not (looked or "ERR_CONNECTION_REFUSED" in said.text or "WebSocket" in said.text)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a window.

    Whatever it asks of another machine, every dialog and every error in its console fails the test.
    """
    contexts, wrong = [], []

    def opened(address: str, *, width: int = 1440, height: int = 900, theme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        own = address.split("?")[0].split("/")[2]
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("data:", "blob:")) or request.url.split("/")[2] == own
                else wrong.append(f"asked {request.url}")
            ),
        )
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(f"{said.text} {said.location}") if _is_fault(said) else None,
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong
