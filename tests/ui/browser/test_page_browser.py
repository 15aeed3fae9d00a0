"""What only a browser shows: the page as a person meets it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

import ui.page_keeping

QUERY = ".st-key-q input"
CARD = ".ct-card"


def ask(page: Page, query: str) -> None:
    page.fill(QUERY, query)
    page.keyboard.press("Enter")


def card(page: Page, words: str):
    return page.locator(CARD, has_text=words).first


def color(page: Page, selector: str, name: str) -> tuple[float, ...]:
    """A computed colour, flattened to what is painted: (r, g, b)."""
    return tuple(
        page.evaluate(
            """([selector, name]) => {
                const canvas = new OffscreenCanvas(1, 1).getContext('2d');
                for (const [of, what] of [['.stApp', 'backgroundColor'], [selector, name]]) {
                    canvas.fillStyle = getComputedStyle(document.querySelector(of))[what];
                    canvas.fillRect(0, 0, 1, 1);
                }
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }""",
            [selector, name],
        )
    )


def luminance(rgb: tuple[float, ...]) -> float:
    parts = [c / 255 for c in rgb]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_enter_finds_and_the_address_brings_it_back(address, open_page):
    page = open_page(address)
    ask(page, "tenant deposit")
    expect(card(page, "Die Kaution")).to_be_visible()
    assert page.url.endswith("?q=tenant+deposit")
    page.reload()
    expect(card(page, "Die Kaution")).to_be_visible()
    expect(page.locator(QUERY)).to_have_value("tenant deposit")
    shared = open_page(page.url)
    expect(card(shared, "Die Kaution")).to_be_visible()


def test_going_back_shows_the_question_before(address, open_page):
    page = open_page(address)
    ask(page, "tenant deposit")
    page.wait_for_url("**/?q=tenant+deposit")
    ask(page, "high fever")
    page.wait_for_url("**/?q=high+fever")
    page.go_back()
    expect(page.locator(QUERY)).to_have_value("tenant deposit")
    expect(page.locator(CARD).first).to_contain_text("Die Kaution")


def test_a_hostile_document_shows_and_does_nothing(address, open_page):
    page = open_page(f"{address}/?q=hostile+zeppelin")
    hostile = card(page, "hostile zeppelin")
    hostile.locator("summary").first.click()
    for words in ("<script>", "$x^2$ :smile: **bold** [link](javascript:alert(1))", "U+202E"):
        expect(hostile).to_contain_text(words)
    expect(hostile.locator(".ct-where").first).to_contain_text("<b>x $y$ :heart: U+202Efdp")
    assert page.locator(f"{CARD} :is(script, img, a, b, .katex)").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_hostile_folder_is_only_a_name_among_the_filters(address, open_page):
    page = open_page(address)
    page.locator("[data-testid=stSidebar] [data-testid=stMultiSelect]").nth(2).click()
    option = page.get_by_role("option").filter(has_text=":heart:")
    expect(option).to_contain_text("papers/<b>x $y$ :heart: ⟨U+202E⟩fdp")
    assert option.locator(":is(b, .katex)").count() == 0
    option.click()
    page.keyboard.press("Escape")
    ask(page, "water")
    expect(page.locator(CARD)).to_have_count(1)
    expect(page.locator(CARD)).to_contain_text("hostile zeppelin")


@pytest.mark.parametrize(
    ("query", "words", "direction"),
    [
        ("اشرب الماء", "اشرب الكثير", "rtl"),
        ("שתו מים", "שתו הרבה", "rtl"),
        ("drink water with fever", "Drink plenty", "ltr"),
        ("多喝水", "发烧", "ltr"),
    ],
)
def test_text_runs_in_its_own_direction(address, open_page, query, words, direction):
    page = open_page(f"{address}/?q={quote(query)}")
    found = card(page, words)
    expect(found).to_be_visible()
    for part in (".ct-snippet", "h3"):
        shown = found.locator(part).evaluate("node => getComputedStyle(node).direction")
        assert shown == direction


def test_the_extension_of_a_hebrew_file_stands_at_the_right(address, open_page):
    page = open_page(f"{address}/?q={quote('שתו מים')}")
    path = card(page, "שתו הרבה").locator(".ct-path")
    edges = path.locator("bdi").evaluate_all("all => all.map(n => n.getBoundingClientRect().left)")
    assert edges == sorted(edges)
    expect(path.locator("bdi").last).to_have_text("md")


def test_a_long_passage_unfolds_within_its_card(index_folder, address, open_page):
    page = open_page(f"{address}/?q=langer+Absatz+ohne+Ende")
    found = card(page, "long.txt")
    found.locator("summary").first.click()
    whole = found.locator(".ct-passage").first
    expect(whole).to_be_visible()
    assert whole.bounding_box()["height"] <= 450
    assert whole.bounding_box()["width"] > 600


@pytest.mark.parametrize("path", ["/?q=water", "/library", "/map", "/encoders", "/"])
@pytest.mark.parametrize("width", [420, 1440])
def test_nothing_sticks_out_sideways(address, open_page, path, width):
    page = open_page(f"{address}{path}", width=width)
    expect(page.locator(".ct-line").last).to_be_visible()
    if "q=" in path:
        expect(page.locator(CARD).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    for link in ("Search", "Library", "Map", "Encoders"):
        expect(page.locator(".st-key-header").get_by_text(link, exact=True)).to_be_in_viewport()


def test_the_filters_can_be_reached_on_a_telephone(address, open_page):
    page = open_page(address, width=420)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebar").get_by_text("Language", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_background(address, open_page, theme):
    page = open_page(f"{address}/?q=water", theme=theme)
    expect(page.locator(CARD).first).to_be_visible()
    assert (luminance(color(page, ".stApp", "backgroundColor")) > 0.5) == (theme == "light")
    paper = color(page, CARD, "backgroundColor")
    for part in (".ct-snippet", ".ct-where", ".ct-score", ".ct-card summary", ".ct-card h3"):
        assert contrast(color(page, part, "color"), paper) >= 4.5, part
    badge = color(page, ".ct-badge", "backgroundColor")
    assert contrast(color(page, ".ct-badge", "color"), badge) >= 4.5


def test_streamlits_own_menu_and_deploy_button_are_absent(address, open_page):
    page = open_page(address)
    expect(page.locator(QUERY)).to_be_visible()
    assert page.locator("[data-testid=stAppDeployButton], [data-testid=stMainMenu]").count() == 0


def test_a_first_visit_may_go_to_the_library(serve: Callable, index_folder, open_page):
    with serve(index_folder) as fresh:
        page = open_page(f"{fresh}/library")
        expect(page.get_by_text("The folders you search.")).to_be_visible()
        assert page.get_by_text("Page not found").count() == 0
        assert page.url.endswith("/library")


def test_what_was_chosen_is_kept_until_the_next_visit(address, open_page):
    page = open_page(address)
    for toggle, on in (("Balance languages", True), ("Words beside meaning", False)):
        page.get_by_text(toggle, exact=True).click()
        expect(page.get_by_role("switch", name=toggle)).to_be_checked(checked=on)
    page.wait_for_function("document.cookie.includes('words')")
    page.goto(f"{address}/map")
    page.get_by_text("Folder", exact=True).click()
    page.wait_for_function("document.cookie.includes('Folder')")
    page.goto(f"{address}/encoders")
    page.get_by_text("Compare with a second one").click()
    page.wait_for_function("document.cookie.includes('second')")
    page.goto(address)
    expect(page.get_by_role("switch", name="Balance languages")).to_be_checked()
    expect(page.get_by_role("switch", name="Words beside meaning")).not_to_be_checked()
    page.goto(f"{address}/map")
    expect(page.get_by_role("radio", name="Folder")).to_be_checked()
    page.goto(f"{address}/encoders")
    expect(page.get_by_label("Encoder")).to_have_count(2)
    # A link asks for what it says, and changes nothing that is kept.
    page.goto(f"{address}/?q=water")
    expect(page.get_by_role("switch", name="Balance languages")).not_to_be_checked()
    page.goto(address)
    expect(page.get_by_role("switch", name="Balance languages")).to_be_checked()


def test_a_late_call_for_an_earlier_choice_is_not_kept(address, open_page):
    """Streamlit may call a component for older data after newer, and ends that call at once."""
    page = open_page(address)
    cookie = page.evaluate(
        """async (script) => {
            const blob = new Blob([script], { type: 'text/javascript' });
            const { default: keep } = await import(URL.createObjectURL(blob));
            keep({ data: { name: 'settings-here', settings: 'second' } });
            keep({ data: { name: 'settings-here', settings: 'first' } })?.();
            await new Promise((done) => setTimeout(done, 100));
            return document.cookie;
        }""",
        Path(ui.page_keeping.__file__).with_name("keeping.js").read_text("utf-8"),
    )
    assert "settings-here=second" in cookie


def test_an_encoder_is_measured_on_an_uploaded_file(address, open_page):
    page = open_page(f"{address}/encoders")
    expect(page.get_by_role("button", name="Measure", exact=True)).to_be_disabled()
    pairs = "de\ten\tDas Wasser ist kalt.\tThe water is cold.\nde\ten\tDas Brot.\tThe bread.\n"
    upload = page.locator("input[type=file]")
    upload.set_input_files(
        {"name": "pairs.tsv", "mimeType": "text/plain", "buffer": pairs.encode()}
    )
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.locator("tr", has_text="embedded").last).to_contain_text("100.0")
    page.get_by_text("By language").click()
    expect(page.get_by_text("German – English")).to_be_visible()
    bad = {"name": "bad.tsv", "mimeType": "text/plain", "buffer": b"nothing of the kind\n"}
    upload.set_input_files(bad)
    expect(page.get_by_text("is of pairs.tsv; Measure does it for bad.tsv")).to_be_visible()
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.get_by_text("The file holds no pairs")).to_be_visible()
    expect(page.get_by_text("is of pairs.tsv")).to_be_hidden()
