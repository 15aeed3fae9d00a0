"""Whether a language or a script a person asks for covers a language a passage is in.

BCP-47 by prefix and by macrolanguage: `zh` covers zh-Hans and yue, `no` covers nb and nn; `Cyrl`
covers ru, uk and sr-Cyrl. Which passages those are is `filters`' business; guessing a text's
language is `indexer.languages`'.
"""

from functools import lru_cache

from langcodes import Language, standardize_tag
from langcodes.data_dicts import MACROLANGUAGES
from langcodes.tag_parser import LanguageTagError

from indexer.errors import QueryError
from indexer.language_tags import UNDETERMINED, is_tag

# ISO 639-3 puts Indonesian inside the macrolanguage Malay, but nobody who asks for Malay
# documents means Indonesian ones: the two have standard forms and two-letter codes of their own.
_STANDS_ALONE = {"id"}
# What a language's script is a mixture of: Japanese is written in three at once.
_PARTS = {"Hira": {"Jpan"}, "Kana": {"Jpan"}, "Hang": {"Kore"}, "Hani": {"Hans", "Hant", "Jpan"}}


def checked(code: str) -> str:
    """Return `code`, trimmed, if it is a language code.

    :raises QueryError: if it is none.
    """
    trimmed = code.strip()
    if not is_tag(trimmed):
        raise QueryError(
            f"“{_shown(trimmed)}” is not a language code; use codes such as de, ja or zh-Hans "
            "(`crosstongue status` lists those of the index)."
        )
    return trimmed


@lru_cache(maxsize=4096)
def covers(wanted: str, language: str) -> bool:
    """Tell whether the code `wanted` covers the code `language`.

    :param wanted: a code `checked` has passed, in any spelling (`deu`, `zh_hans`).
    :param language: a code as the identifier wrote it.
    """
    asked, given = _canonical(wanted), _canonical(language)
    if given == asked or given.startswith(asked + "-"):
        return True
    part = given.partition("-")[0]
    # The code as it was typed counts too: langcodes rewrites sh to sr-Latn.
    if part not in _STANDS_ALONE and MACROLANGUAGES.get(part) in {asked, wanted.lower()}:
        return True
    return _script_of_region(asked) == given


def checked_script(code: str) -> str:
    """Return `code`, spelt as ISO 15924 does, if it is a script's.

    :raises QueryError: if it is none.
    """
    trimmed = code.strip()
    if not (len(trimmed) == 4 and trimmed.isalpha() and is_tag(f"und-{trimmed}")):
        raise QueryError(
            f"“{_shown(trimmed)}” is not the code of a script; use four letters such as "
            "Latn, Cyrl, Arab or Jpan."
        )
    return trimmed.title()


@lru_cache(maxsize=4096)
def written_in(script: str, language: str) -> bool:
    """Tell whether the language `language` is written in `script`.

    :param script: a code as `checked_script` returns it.
    :param language: a code as the identifier wrote it.
    """
    usual = script_of(language)
    return usual is not None and (usual == script or usual in _PARTS.get(script, ()))


@lru_cache(maxsize=4096)
def script_of(language: str) -> str | None:
    """Return the ISO 15924 code of the script a language is written in; None where none is known.

    :param language: a code as the identifier wrote it.
    """
    if language == UNDETERMINED or not is_tag(language):
        return None
    return Language.get(_canonical(language)).maximize().script


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:40]


def _canonical(code: str) -> str:
    try:
        return str(standardize_tag(code, macro=True))
    except (LanguageTagError, ValueError):
        return code


def _script_of_region(code: str) -> str | None:
    """Return `zh-Hant` for `zh-TW`: a region stands for the script it writes in."""
    asked = Language.get(code)
    if not asked.territory or asked.script:
        return None
    return f"{asked.language}-{asked.maximize().script}"
