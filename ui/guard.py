"""The gate before the page: who may pass when it is served to other machines.

It stands in front of everything Streamlit serves: the page, its files, media, downloads, uploads
and the socket. With a password nothing passes without the cookie that signing in gives; the
password travels in a form's body and never stands in an address. With or without one, a socket that
another site opens is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from ui.guard_form import form_html

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Where the form goes; Streamlit knows no such path.
SIGN_IN = "/_sign-in"
COOKIE = "crosstongue_session"
# Seconds a sign-in lasts; restarting the page ends all of them.
LASTS = 12 * 3600
# Wrong passwords that all visitors together may give in a minute. A person mistypes now and then;
# a program that guesses a password of eight letters at this rate is at it for a hundred thousand
# years.
MOST_WRONG = 10
_MINUTE = 60.0
# A password is asked for in a form of a few bytes.
_LARGEST_FORM = 8_192
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; "
     b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)  # fmt: skip


class Guard:
    """Middleware that lets in those who know the password.

    :param app: what stands behind it.
    :param password: None lets everyone in who comes from the page's own site.
    """

    def __init__(self, app: ASGIApp, password: str | None = None) -> None:
        self._app = app
        self._password = None if password is None else _digest(password)
        self._sessions: dict[bytes, float] = {}
        self._wrong: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or answer it."""
        if scope["type"] == "http" and not self._may_pass(scope):
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket" and not (
            _own_origin(scope["headers"]) and self._may_pass(scope)
        ):
            await receive()  # the request to connect
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if self._password is None:
            return True
        token = _cookie(scope["headers"])
        ends = self._sessions.get(_digest(token)) if token else None
        return ends is not None and time.monotonic() < ends

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = scope["path"] + ("?" + scope["query_string"].decode("latin-1")).rstrip("?")
        if scope["path"] != SIGN_IN:
            await _answer(send, 401, form_html(escape(wanted, quote=True)))
            return
        if scope["method"] != "POST":
            await _answer(send, 405, form_html("/"))
            return
        given, wanted = await _form(receive)
        onward = escape(wanted, quote=True)
        now = time.monotonic()
        self._wrong = [moment for moment in self._wrong if now - moment < _MINUTE]
        if len(self._wrong) >= MOST_WRONG:
            wait = int(_MINUTE - (now - self._wrong[0])) + 1
            said = f"Too many wrong passwords; try again in {wait} seconds."
            more = [(b"retry-after", str(wait).encode())]
            await _answer(send, 429, form_html(onward, said), more)
        elif self._is_right(given):
            await _answer(send, 303, "", [(b"location", quote(wanted, safe="/?&=%+-_.~:").encode()),
                                          (b"set-cookie", self._session(now))])  # fmt: skip
        else:
            self._wrong.append(now)
            await asyncio.sleep(0.5)
            await _answer(send, 401, form_html(onward, "That is not the password."))

    def _is_right(self, given: str) -> bool:
        # Digests are of one length, so that not even that of the password can be timed.
        return self._password is not None and hmac.compare_digest(_digest(given), self._password)

    def _session(self, now: float) -> bytes:
        """Begin a session; return its cookie."""
        self._sessions = {key: ends for key, ends in self._sessions.items() if ends > now}
        token = secrets.token_urlsafe(32)
        self._sessions[_digest(token)] = now + LASTS
        # Lax: another site can lead a person here but neither post nor open a socket as them.
        return f"{COOKIE}={token}; Path=/; Max-Age={LASTS}; HttpOnly; SameSite=Lax".encode()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _own_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a socket is opened by the page itself, or by no page at all.

    Streamlit would ask a server outside for this machine's address before it refuses one.
    """
    found = dict(headers)
    origin = found.get(b"origin")
    return origin is None or urlsplit(origin).netloc == found.get(b"host")


def _cookie(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"cookie":
            try:
                cookies = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
            if COOKIE in cookies:
                return cookies[COOKIE].value
    return None


async def _form(receive: Receive) -> tuple[str, str]:
    """Return the password given and where to go on; the latter stays on this site."""
    body = b""
    while len(body) <= _LARGEST_FORM:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    fields = parse_qs(body[:_LARGEST_FORM].decode("utf-8", "replace"), keep_blank_values=True)
    wanted = fields.get("next", ["/"])[0]
    parts = urlsplit(wanted.replace("\\", "/"))
    inside = wanted.startswith("/") and not wanted.startswith("//") and not parts.netloc
    if not inside or any(ord(char) < 32 for char in wanted):
        wanted = "/"
    return fields.get("password", [""])[0], wanted


async def _answer(
    send: Send, status: int, html: str, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    body = html.encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *_HEADERS,
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
