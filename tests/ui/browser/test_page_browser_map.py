"""The map in a browser: points that can be pointed at, moved and opened."""

from playwright.sync_api import Page, expect


def opened(open_page, address: str) -> Page:
    page = open_page(f"{address}/?q=hostile+zeppelin")
    expect(page.locator(".ct-card").first).to_be_visible()
    page.locator(".st-key-header").get_by_text("Map", exact=True).click()
    page.locator("canvas[data-frames]").wait_for()
    return page


def find_point(page: Page, words: str) -> tuple[float, float]:
    """Sweep the pointer over the map until it points at a passage that says `words`."""
    box = page.locator("canvas").bounding_box()
    tip = page.locator(".tip")
    # A point is pointed at from 9 pixels and its own radius away.
    for y in range(8, int(box["height"]), 16):
        for x in range(8, int(box["width"]), 16):
            page.mouse.move(box["x"] + x, box["y"] + y)
            if tip.is_visible() and words in tip.inner_text():
                return box["x"] + x, box["y"] + y
    raise AssertionError(f"no point says {words}")


def drawn(page: Page) -> str:
    """What the canvas shows, without the buttons above it."""
    return page.locator("canvas").evaluate("canvas => canvas.toDataURL()")


def frames(page: Page) -> int:
    return int(page.locator("canvas").get_attribute("data-frames"))


def test_a_hostile_passage_is_pointed_at_opened_and_does_nothing(address, open_page):
    page = opened(open_page, address)
    page.set_viewport_size({"width": 700, "height": 1_200})
    page.wait_for_timeout(1_000)
    x, y = find_point(page, "hostile zeppelin")
    expect(page.locator(".tip")).to_contain_text("<script>")
    assert page.locator(".tip :is(script, img, a)").count() == 0
    page.mouse.click(x, y)
    reading = page.locator(".ct-reading")
    expect(reading).to_contain_text("$x^2$ :smile: **bold** [link](javascript:alert(1)) U+202E")
    assert page.evaluate("window.hacked") is None
    page.keyboard.press("Escape")
    expect(reading).to_have_count(0)


def test_dragging_moves_the_points_and_opens_nothing(address, open_page):
    page = opened(open_page, address)
    page.wait_for_timeout(500)
    box = page.locator("canvas").bounding_box()
    before, count = drawn(page), frames(page)
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    for step in range(10):
        page.mouse.move(box["x"] + 300 + 9 * step, box["y"] + 300)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert frames(page) > count and drawn(page) != before
    assert page.locator(".ct-reading").count() == 0
    page.get_by_label("Show everything").click()
    page.mouse.move(2, 2)
    page.wait_for_timeout(300)
    assert drawn(page) == before


def test_the_legend_names_the_languages_and_shows_one_alone(address, open_page):
    page = opened(open_page, address)
    button = page.locator(".legend button", has_text="Hebrew")
    expect(button).to_be_visible()
    before = drawn(page)
    button.click()
    expect(page.locator('.legend button[aria-pressed="true"]')).to_have_count(1)
    page.wait_for_timeout(300)
    assert drawn(page) != before
    page.get_by_text("Folder", exact=True).click()
    expect(page.locator(".legend button", has_text="papers/health")).to_be_visible()


def test_passages_are_laid_out_by_their_neighbours(address, open_page):
    page = open_page(f"{address}/map")
    expect(page.get_by_text("the plane keeps")).to_be_visible()
    page.get_by_text("with their neighbours").click()
    expect(page.get_by_text("neighbours stay neighbours")).to_be_visible()
    page.get_by_text("as they vary most", exact=True).click()
    expect(page.get_by_text("the plane keeps")).to_be_visible()
