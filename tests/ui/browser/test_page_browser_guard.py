"""Signing in to a shared page, in a real browser."""

import pytest
from playwright.sync_api import expect

from ui.launch import checked_place

PASSWORD = "a pässword"


@pytest.fixture
def shared(serve, index_folder):
    with serve(index_folder, checked_place("0.0.0.0", PASSWORD)) as address:
        yield address


def test_a_shared_link_asks_for_the_password_and_goes_on_to_its_answers(browser, shared):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shared}/?q=fever")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Fever")).to_be_visible()
    assert page.url == f"{shared}/?q=fever"
    assert PASSWORD not in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert "Fever" in download.value.path().read_text("utf-8")
    context.clear_cookies()
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()
