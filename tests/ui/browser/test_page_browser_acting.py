"""What can be done with a hit, in a real browser."""

import csv
import json
import re
from pathlib import Path

from playwright.sync_api import expect

QUERY = ".st-key-q input"
CARD = ".ct-card"
DIALOG = "[role=dialog]"


def test_a_passage_is_read_in_its_document_and_its_file_kept(address, open_page):
    page = open_page(f"{address}/?q=hostile+zeppelin")
    found = page.locator(CARD, has_text="hostile zeppelin").first
    found.get_by_role("button", name="In its document").click()
    reading = page.locator(DIALOG)
    expect(reading).to_contain_text("<script>window.hacked = 1; alert(1)</script>")
    expect(reading).to_contain_text("passage 1 of 1")
    assert reading.locator(":is(script, img, .katex)").count() == 0
    with page.expect_download() as kept:
        reading.get_by_role("button", name="Download the file").click()
    assert kept.value.suggested_filename == "a.txt"
    assert "A hostile zeppelin flies." in Path(kept.value.path()).read_text("utf-8")
    assert page.evaluate("window.hacked") is None
    reading.get_by_role("button", name="Close").click()
    expect(reading).to_have_count(0)
    found.get_by_role("button", name="In its document").click()
    expect(page.locator(DIALOG)).to_contain_text("passage 1 of 1")


def test_a_documents_language_is_set_and_guessed_again(address, open_page):
    page = open_page(f"{address}/?q=drink+water+with+fever")
    card = page.locator(CARD, has_text="Drink plenty").first
    card.get_by_role("button", name="In its document").click()
    reading = page.locator(DIALOG)
    reading.get_by_label("Its language, as guessed").fill("Scots")
    page.get_by_role("option", name="Scots", exact=True).click()
    expect(reading.get_by_label("Its language, as you set it")).to_be_visible()
    expect(reading.locator(".ct-badge")).to_have_text("Scots")
    reading.get_by_label("Its language, as you set it").fill("Guess")
    page.get_by_role("option", name="Guess it again").click()
    expect(reading.get_by_label("Its language, as guessed")).to_be_visible()
    expect(reading.locator(".ct-badge")).to_have_text("English")


def test_more_like_a_hit_has_an_address_and_the_way_back(address, open_page):
    page = open_page(f"{address}/?q=drink+water+with+fever")
    page.locator(CARD, has_text="Drink plenty").get_by_role("button", name="More like this").click()
    expect(page.get_by_text("Like passage 1 of")).to_be_visible()
    expect(page.locator(CARD, has_text="Drink plenty")).to_have_count(0)
    assert "like=" in page.url
    page.reload()
    expect(page.get_by_text("Like passage 1 of")).to_be_visible()
    page.go_back()
    expect(page.locator(CARD, has_text="Drink plenty").first).to_be_visible()
    expect(page.get_by_text("Like passage 1 of")).to_have_count(0)


def test_a_chosen_filter_is_in_the_address_and_back_takes_it_off(address, open_page):
    page = open_page(f"{address}/?q=water")
    expect(page.locator(CARD).nth(1)).to_be_visible()
    page.locator("[data-testid=stSidebar] [data-testid=stMultiSelect]").first.click()
    page.get_by_role("option").filter(has_text="Thai").click()
    page.keyboard.press("Escape")
    expect(page.locator(CARD)).to_have_count(1)
    page.wait_for_url("**lang=th**")
    shared = open_page(page.url)
    expect(shared.locator(CARD)).to_have_count(1)
    expect(shared.locator(CARD)).to_contain_text("ไข้")
    page.go_back()
    expect(page.locator(CARD).nth(1)).to_be_visible()


def test_results_are_kept_as_a_table_and_as_json(address, open_page):
    page = open_page(f"{address}/?q=tenant+deposit")
    with page.expect_download() as table:
        page.get_by_role("button", name="Results as CSV").click()
    rows = list(csv.DictReader(Path(table.value.path()).read_text("utf-8-sig").splitlines()))
    assert rows[0]["title"] == "Die Kaution"
    with page.expect_download() as whole:
        page.get_by_role("button", name="Results as JSON").click()
    kept = json.loads(Path(whole.value.path()).read_text("utf-8"))
    assert kept["query"] == "tenant deposit"
    assert kept["hits"][0]["title"] == "Die Kaution"


def test_a_slash_goes_to_the_box_and_is_a_letter_in_it(address, open_page):
    page = open_page(address)
    expect(page.get_by_test_id("stSidebar").get_by_text("Language", exact=True)).to_be_visible()
    box = page.locator(QUERY)
    expect(box).not_to_be_focused()
    for _ in range(100):  # the key is listened for once the page is whole
        page.keyboard.press("/")
        if box.evaluate("box => box === document.activeElement"):
            break
        page.wait_for_timeout(200)
    expect(box).to_be_focused()
    page.keyboard.type("and/or")
    expect(box).to_have_value("and/or")


def test_a_word_that_matches_is_shaded_and_says_what_it_answers(address, open_page):
    page = open_page(f"{address}/?q=tenant+deposit")
    word = page.locator(CARD, has_text="Die Kaution").first.locator(".ct-word").first
    expect(word).to_have_attribute("title", re.compile("^(tenant|deposit): 0"))
    expect(word).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
