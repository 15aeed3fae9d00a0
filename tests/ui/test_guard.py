"""The gate of a shared page: a real server, and nothing let through without a session."""

import http.client
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from indexer import Index, load_encoder, sync
from ui.guard import COOKIE, MOST_WRONG, SIGN_IN
from ui.launch import PageError, Place, checked_place, running_page

PASSWORD = "pässword: ünd mehr"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
Ask = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture(scope="module")
def index_folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("guarded")
    (place / "papers").mkdir()
    (place / "papers" / "secret.txt").write_text("The zeppelin flies at dawn.", "utf-8")
    with Index.create(place / "index", encoder=load_encoder()) as index:
        sync(index, place / "papers")
    return place / "index"


@pytest.fixture(scope="module")
def address(index_folder):
    with running_page(index_folder, None, checked_place("0.0.0.0", PASSWORD)) as page:
        yield page.address


@pytest.fixture
def ask(address) -> Ask:
    def asked(method, path, body=None, **headers):
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body and urlencode(body), headers)
        response = connection.getresponse()
        # A socket that opened goes on for ever.
        text = "" if response.status == 101 else response.read().decode("utf-8", "replace")
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, text

    return asked


def signed_in(ask: Ask, onward: str = "/") -> tuple[str, dict[str, str]]:
    status, headers, _ = ask("POST", SIGN_IN, {"password": PASSWORD, "next": onward})
    assert status == 303
    return headers["set-cookie"].partition(";")[0], headers


def test_nothing_is_served_without_signing_in(ask):
    for path in (
        *("/", "/library", "/?q=zeppelin", "/_stcore/health", "/_stcore/host-config"),
        *("/static/media/x.woff2", "/media/x.txt", "/_stcore/upload_file/a/b", "/component/x/y"),
        *(f"{SIGN_IN}/../", "//", "/%2e%2e/", "/favicon.png"),
    ):
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            status, headers, body = ask(method, path)
            assert status == 401, (method, path)
            assert "zeppelin flies" not in body
            assert headers["cache-control"] == "no-store"
    assert ask("GET", "/_stcore/stream", **UPGRADE)[0] == 403


def test_with_the_password_the_page_and_its_socket_open(ask, address):
    cookie, headers = signed_in(ask)
    assert re.search("HttpOnly; SameSite=Lax", headers["set-cookie"])
    assert PASSWORD not in str(headers)
    assert ask("GET", "/", Cookie=cookie)[0] == 200
    assert ask("GET", "/_stcore/health", Cookie=cookie)[2] == "ok"
    assert ask("GET", "/_stcore/stream", Cookie=cookie, **UPGRADE)[0] == 101
    own = f"http://{urlsplit(address).netloc}"
    assert ask("GET", "/_stcore/stream", Cookie=cookie, Origin=own, **UPGRADE)[0] == 101


def test_another_site_opens_no_socket_even_with_the_cookie(ask):
    cookie, _ = signed_in(ask)
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        status = ask("GET", "/_stcore/stream", Cookie=cookie, Origin=origin, **UPGRADE)[0]
        assert status == 403


def test_a_shared_link_leads_on_after_signing_in_and_nowhere_else(ask):
    assert signed_in(ask, "/?q=a+b&lang=de")[1]["location"] == "/?q=a+b&lang=de"
    for elsewhere in (
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "x",
        "/\r\nA: b",
    ):
        assert signed_in(ask, elsewhere)[1]["location"] == "/"
    _, _, form = ask("GET", "/?q=%22%3E%3Cscript%3E&x=<b>")
    assert "<script>" not in form
    assert "<b>" not in form


@pytest.mark.parametrize(
    "cookie", [f"{COOKIE}=", f"{COOKIE}=guess", "x", f"{COOKIE}=\u00e9;;=\x01"]
)
def test_a_made_up_session_opens_nothing(ask, cookie):
    assert ask("GET", "/", Cookie=cookie.encode("latin-1"))[0] == 401


def test_guessing_is_slowed_down_and_the_right_password_works_again(index_folder):
    """A page of its own, because whoever guesses keeps everyone waiting."""
    with running_page(index_folder, None, checked_place("0.0.0.0", PASSWORD)) as page:
        answers = []
        for _ in range(MOST_WRONG + 1):
            connection = http.client.HTTPConnection(urlsplit(page.address).netloc, timeout=30)
            connection.request("POST", SIGN_IN, urlencode({"password": "wrong"}))
            response = connection.getresponse()
            answers.append((response.status, response.read().decode()))
            wait = response.getheader("retry-after")
            connection.close()
        assert [status for status, _ in answers] == [401] * MOST_WRONG + [429]
        assert "That is not the password." in answers[0][1]
        assert f"try again in {wait} seconds" in answers[-1][1]
        assert 1 <= int(wait) <= 61


def test_the_loopback_page_needs_no_password_and_refuses_other_sites(index_folder):
    with running_page(index_folder, None) as page:
        parts = urlsplit(page.address)
        found = []
        for origin in (page.address, "http://evil.example"):
            connection = http.client.HTTPConnection(parts.netloc, timeout=30)
            connection.request("GET", "/_stcore/stream", headers={**UPGRADE, "Origin": origin})
            found.append(connection.getresponse().status)
            connection.close()
        assert found == [101, 403]


@pytest.mark.parametrize(
    ("host", "password", "said"),
    [
        ("0.0.0.0", None, "needs a password: set CROSSTONGUE_PASSWORD"),
        ("0.0.0.0", "", "needs a password"),
        ("0.0.0.0", "short", "at least 8 characters"),
        ("127.0.0.1", "short", "at least 8 characters"),
        ("203.0.113.7", PASSWORD, "not an address of this machine"),
        ("no such host", PASSWORD, "not an address of this machine"),
    ],
)
def test_a_place_that_cannot_be_is_refused_in_a_sentence(host, password, said):
    with pytest.raises(PageError, match=re.escape(said)):
        checked_place(host, password)


def test_on_the_loopback_address_a_password_is_optional():
    assert checked_place("localhost", None) == Place("localhost", None)
    assert not checked_place("127.0.0.1", PASSWORD).open_to_others


def test_a_password_file_gives_its_first_line_and_a_missing_one_is_told(crosstongue, tmp_path):
    Path(tmp_path / "empty").write_text("")
    done = crosstongue("ui", "--no-open", "--host", "0.0.0.0", "--password-file", "empty")
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs a password" in done.stderr
    done = crosstongue("ui", "--no-open", "--host", "0.0.0.0", "--password-file", "missing")
    assert done.returncode == 1
    assert "missing" in done.stderr
    done = crosstongue("ui", "--no-open", "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "CROSSTONGUE_PASSWORD" in done.stderr
