"""Indexing watched in a browser: the job is real, and so is the process."""

import time

import pytest
from playwright.sync_api import Page, expect

from indexer import Index, jobs, load_encoder, sync
from ui.page_examples import EXAMPLES

JOB = ".ct-job"
# Long enough at work to be paused and looked at, on a fast machine too.
MANY = 2_500


@pytest.fixture
def many_documents(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MANY):
        text = (
            f"# Note {number}\n\nThe cat number {number} drinks water.\n\n" + "More words. " * 150
        )
        (folder / f"{number}.md").write_text(text)
    (folder / "broken.pdf").write_text("not a pdf")
    return folder


@pytest.fixture
def index_folder(tmp_path):
    """Where the page under test has its index; a job that a failed test leaves there is stopped."""
    yield tmp_path / "index"
    if (tmp_path / "index" / "index.db").exists():
        with Index.open(tmp_path / "index") as index:
            if (job := jobs.current(index)) is not None:
                jobs.request_stop(index, job.id)


def state(folder) -> str:
    with Index.open(folder) as index:
        return jobs.current(index).state


@pytest.mark.slow
def test_a_job_is_watched_paused_reloaded_resumed_and_stopped(
    serve, open_page, index_folder, many_documents
):
    with serve(index_folder) as address:
        page = open_page(f"{address}/library")
        page.get_by_label("Folder with documents").fill(str(many_documents))
        page.get_by_role("button", name="Index this folder").click()
        expect(page.locator(JOB)).to_contain_text(f"of {MANY + 1:,} files")
        expect(page.locator(JOB)).to_contain_text("files a second")
        first = page.locator(JOB).inner_text()
        expect(page.locator(JOB)).not_to_have_text(first)

        page.get_by_role("button", name="Pause").click()
        expect(page.locator(JOB)).to_contain_text("Paused:")
        page.reload()
        expect(page.locator(JOB)).to_contain_text("Paused:")
        assert state(index_folder) == "paused"

        other = open_page(f"{address}/?q=cat")
        expect(other.locator(".ct-card").first).to_contain_text("cat")
        expect(other.locator(JOB)).to_contain_text("Paused:")

        other.get_by_role("button", name="Go on").click()
        expect(page.locator(JOB)).to_contain_text("Indexing:")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped:")).to_be_visible()
        expect(other.locator(JOB)).to_have_count(0)
        assert state(index_folder) == "stopped"


@pytest.mark.slow
def test_a_job_goes_on_when_the_page_ends(serve, open_page, index_folder, many_documents):
    with serve(index_folder) as address:
        page = open_page(f"{address}/library")
        page.get_by_label("Folder with documents").fill(str(many_documents))
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(JOB)).to_contain_text("Paused:")
        page.close()
    with Index.open(index_folder) as index:
        job = jobs.current(index)
        assert job.state == "paused"
        assert jobs.request_resume(index, job.id)
    deadline = time.monotonic() + 240
    while state(index_folder) in ("running", "paused"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert state(index_folder) == "done"


@pytest.mark.slow
def test_a_newcomer_tries_the_samples(serve, open_page, index_folder):
    with serve(index_folder) as address:
        page = open_page(address)
        page.get_by_role("button", name="Try the sample folder").click()
        page.get_by_role("button", name=EXAMPLES[0]).click()
        expect(page.locator(".ct-card").first).to_be_visible()
        assert page.url.endswith("?q=My+passport+was+stolen+abroad")


def test_a_chosen_filter_stays_chosen_while_its_count_grows(
    serve, open_page, tmp_path, index_folder
):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\nThe first cat drinks water.\n")
    (folder / "page.html").write_text("<title>Page</title><p>The second cat drinks water.")
    encoder = load_encoder("embedded")
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, folder)
        with serve(index_folder) as address:
            page = open_page(f"{address}/?q=cat&type=text/markdown")
            filters = page.get_by_test_id("stSidebar")
            expect(filters).to_contain_text("Markdown (1)")
            expect(page.locator(".ct-card")).to_have_count(1)
            (folder / "two.md").write_text("# Two\n\nThe third cat drinks water.\n")
            sync(index, folder)
            page.fill(".st-key-q input", "cats")
            page.keyboard.press("Enter")
            expect(filters).to_contain_text("Markdown (2)")
            expect(page.locator(".ct-card")).to_have_count(2)
            page.fill(".st-key-q input", "water")
            page.keyboard.press("Enter")
            page.wait_for_url("**q=water**")
            expect(filters).to_contain_text("Markdown (2)")
            expect(page.locator(".ct-card")).to_have_count(2)


@pytest.mark.slow
def test_a_watched_folder_shows_what_was_put_into_it(serve, open_page, index_folder, tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "fever.txt").write_text("Drink plenty of water with a fever.")
    with Index.create(index_folder, encoder=load_encoder()) as index:
        sync(index, folder)
    with serve(index_folder) as address:
        page = open_page(f"{address}/library")
        expect(page.locator(".ct-source")).to_contain_text("1 document")
        page.get_by_text("Watch", exact=True).click()
        expect(page.get_by_role("switch", name="Watch")).to_be_checked()
        (folder / "zebra.txt").write_text("The zebra has stripes.")
        expect(page.locator(".ct-source")).to_contain_text("2 documents")
        page.reload()
        expect(page.get_by_role("switch", name="Watch")).to_be_checked()


def _expect_drawn(page: Page) -> None:
    """Wait until a page is drawn whole: what stood there before stays beside it until then."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1)


@pytest.mark.slow
def test_a_folder_is_looked_for_and_indexed(serve, open_page, index_folder, tmp_path):
    home = tmp_path / "home"
    hostile = home / "papers" / "**x** $y$ :heart: <b>"
    hostile.mkdir(parents=True)
    (hostile / "zebra.txt").write_text("The zebra has stripes.")
    with serve(index_folder, own=home) as address:
        page = open_page(f"{address}/library")
        page.get_by_role("button", name="Look for it").click()
        dialog = page.get_by_role("dialog")
        for name in ("papers", "**x** $y$ :heart: <b>"):
            dialog.get_by_label("Go into").click()
            page.get_by_role("option", name=name, exact=True).click()
            expect(dialog.locator(".ct-source")).to_contain_text(name)
            _expect_drawn(page)
        expect(dialog).to_contain_text("1 file and 0 folders")
        dialog.get_by_role("button", name="Go up").click()
        expect(dialog).to_contain_text("0 files and 1 folder")
        _expect_drawn(page)
        dialog.get_by_label("Go into").click()
        page.get_by_role("option").click()
        expect(dialog).to_contain_text("1 file and 0 folders")
        _expect_drawn(page)
        dialog.get_by_role("button", name="Index this folder").click()
        expect(dialog).to_have_count(0)
        expect(page.locator(".ct-source")).to_contain_text("1 document")
