"""The form that asks for the password: one page without a script, in light and dark."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Crosstongue</title><style>
:root {{ color-scheme: light dark; font: 16px/1.5 "Source Sans", system-ui, sans-serif; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: light-dark(#fbfaf7, #14171a); color: light-dark(#1f2326, #e8e6e1); }}
form {{ width: min(22rem, calc(100vw - 2.5rem)); }}
h1 {{ font-size: 1.6rem; margin: 0 0 0.25rem; }}
p {{ margin: 0 0 1.25rem; color: light-dark(#5c6468, #a3a8ab); }}
.fault {{ color: light-dark(#a8321f, #f0927f); margin: 0.75rem 0 0; }}
label {{ display: block; font-size: 0.9rem; margin-bottom: 0.3rem; }}
input, button {{ font: inherit; box-sizing: border-box; width: 100%; padding: 0.6rem 0.75rem;
  border-radius: 0.5rem; border: 1px solid light-dark(#c9c5bb, #444b50); }}
input {{ background: light-dark(#fff, #1d2124); color: inherit; }}
button {{ margin-top: 0.75rem; border-color: transparent; background: #1c6e6a; color: #fff;
  cursor: pointer; }}
:focus-visible {{ outline: 2px solid #2a9d8f; outline-offset: 2px; }}
</style></head><body><form method="post" action="/_sign-in">
<h1>Crosstongue</h1><p>This page is shared with those who know its password.</p>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
  autofocus required>
<input type="hidden" name="next" value="{onward}">
<button>Sign in</button>{fault}
</form></body></html>
"""


def form_html(onward: str, fault: str = "") -> str:
    """Return the form.

    :param onward: where to go on afterwards, escaped as an attribute.
    :param fault: what was wrong with the last try.
    """
    said = f'<p class="fault" role="alert">{fault}</p>' if fault else ""
    return _PAGE.format(onward=onward, fault=said)
