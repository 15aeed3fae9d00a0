"""Texts that are in no language: numbers, code, addresses, keys pressed at random.

The identifier learns from them to answer "und".
"""

import argparse
import ast
import http.client
import inspect
import json
import random
import string
import tarfile
import textwrap
from collections.abc import Callable

# Code to learn from: the standard library's, without its comments and docstrings.
_CODE_MODULES = (argparse, ast, http.client, inspect, json, random, tarfile, textwrap)
_SIGNS = "%$#@!^&*()_+-=[]{}|;:<>?/~`€£¥§±×÷→←✓★☆•…"
_EMOJI = "😀😂❤️👍🎉🔥✨🙏😍🚀🐱🌍☀️🍕⚽🎵"
_ENDINGS = ("com", "org", "net", "io", "de", "jp", "edu")
_NAMES = (
    "index main user users page item items name value data file files list count total image img "
    "home search login news blog article example test api app get set load save update delete node "
    "table row column text title width height color size key id url path start end sum result "
    "request response error message config settings options client server log time date"
).split()
# @A to @D are names, @1 a number.
_STATEMENTS = (
    "SELECT @A, @B FROM @C WHERE @D = @1;", "UPDATE @A SET @B = @1 WHERE @C IS NOT NULL;",
    "INSERT INTO @A (@B, @C) VALUES (@1, '@D');", "#include <@A.h>", "#define @A @1",
    "for (int @A = 0; @A < @B; @A++) { @C += @D[@A]; }",
    "let @A = await @B(@C).then(@D => @D.@A());",
    "const { @A, @B } = require('@C');", "if (@A != null && @A.@B > @1) { return @C; }",
    "public static void @A(String[] @B) { @C.@D(); }", "<div class=\"@A\" id=\"@B\"><@C></div>",
    ".@A { @B: @1px; @C: #fff; margin: 0 auto; }", "$ @A --@B=@1 | grep @C > @D.txt",
    "git commit -m @A && npm install @B", "fn @A(@B: &str) -> Result<@C> { Ok(@D) }",
    '{"@A": @1, "@B": [@1, null], "@C": true}', "@A: {@B: @1, @C: '@D'}", "import @A from '@B/@C';",
)  # fmt: skip
_LETTERS = (string.ascii_lowercase, "bcdfghjklmnpqrstvwxz", "абвгдежзийклмнопрстуфхцчшщъыьэюя")


def code_lines() -> list[str]:
    """Return lines of source code that hold more than words."""
    lines = []
    for module in _CODE_MODULES:
        # Unparsed, the source has lost its comments; docstrings are dropped here.
        tree = ast.parse(inspect.getsource(module))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and (
                ast.get_docstring(node) is not None
            ):
                node.body[0] = ast.Pass()
        lines += [line.strip() for line in ast.unparse(tree).splitlines()]
    return [line for line in dict.fromkeys(lines) if any(sign in line for sign in "=()[]{}")]


def noise_texts(count: int, seed: int) -> list[str]:
    """Return so many texts of no language, of every kind in turn.

    :param seed: the same seed gives the same texts.
    """
    generator = random.Random(seed)
    code = code_lines()
    kinds: tuple[Callable[[random.Random], str], ...] = (
        _numbers, _dates, _signs, _hexadecimal, _keys, _address, _path,
        lambda generator: generator.choice(code),
        lambda generator: " ".join(generator.sample(code, 3)),
        _pairs, _statement,
    )  # fmt: skip
    return [kinds[i % len(kinds)](generator) for i in range(count)]


def _numbers(generator: random.Random) -> str:
    forms = ("{}", "{}.{}", "-{}", "+{}", "{},{}", "{}%", "${}", "{} €", "({})")
    return " ".join(
        generator.choice(forms).format(
            generator.randrange(10 ** generator.randint(1, 7)), generator.randrange(1000)
        )
        for _ in range(generator.randint(1, 8))
    )


def _dates(generator: random.Random) -> str:
    forms = ("{}-{:02}-{:02}", "{2}.{1}.{0}", "{1}/{2}/{0}", "{}{:02}{:02}T101530Z")
    day = (generator.randint(1900, 2050), generator.randint(1, 12), generator.randint(1, 28))
    return generator.choice(forms).format(*day)


def _signs(generator: random.Random) -> str:
    signs = generator.choice((_SIGNS, _EMOJI, _SIGNS + string.digits))
    return "".join(generator.choices(signs, k=generator.randint(1, 20)))


def _hexadecimal(generator: random.Random) -> str:
    alphabet = generator.choice((string.hexdigits, string.ascii_letters + string.digits))
    parts = generator.choice(((8, 4, 4, 4, 12), (12,), (32,), (6,), (16, 16)))
    return generator.choice("-_ ").join("".join(generator.choices(alphabet, k=k)) for k in parts)


def _keys(generator: random.Random) -> str:
    letters = generator.choice(_LETTERS)
    return " ".join(
        "".join(generator.choices(letters, k=generator.randint(5, 14)))
        for _ in range(generator.randint(1, 6))
    )


def _name(generator: random.Random) -> str:
    return "".join(generator.choices(string.ascii_lowercase, k=generator.randint(2, 9)))


def _address(generator: random.Random) -> str:
    host = f"{_word(generator)}.{generator.choice(_ENDINGS)}"
    return generator.choice(
        (
            f"https://{host}/{_word(generator)}/{generator.randrange(9999)}",
            f"https://www.{host}/{_word(generator)}/{_word(generator)}.html",
            f"{_word(generator)}@{host}",
            f"www.{host}/?{_name(generator)}={generator.randrange(99)}&{_name(generator)}=1",
        )
    )


def _path(generator: random.Random) -> str:
    ending = generator.choice(("py", "txt", "cfg", "so.1", "tar.gz", "h", "pdf"))
    depth = generator.randint(1, 5)
    return "/" + "/".join(_word(generator) for _ in range(depth)) + f".{ending}"


def _word(generator: random.Random) -> str:
    """Return a name as programmers give them, or letters at random."""
    return generator.choice(_NAMES) if generator.random() < 0.6 else _name(generator)


def _statement(generator: random.Random) -> str:
    """Return a line of a language other than Python."""
    form = generator.choice(_STATEMENTS)
    for place in "ABCD":
        form = form.replace(f"@{place}", _word(generator))
    return form.replace("@1", str(generator.randrange(999)))


def _pairs(generator: random.Random) -> str:
    return generator.choice(("; ", ", ", " ")).join(
        f"{_name(generator)}{generator.choice(('=', ': ', '->', '=='))}{generator.randrange(999)}"
        for _ in range(generator.randint(1, 5))
    )
