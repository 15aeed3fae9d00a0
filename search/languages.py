"""Whether a language a person asks for covers a language a passage is in.

BCP-47 by prefix and by macrolanguage: `zh` covers zh-Hans and yue, `no` covers nb and nn. Which
passages those are is `filters`' business; guessing a text's language is `indexer.languages`'.
"""

from functools import lru_cache

from langcodes import Language, standardize_tag, tag_is_valid
from langcodes.data_dicts import MACROLANGUAGES
from langcodes.tag_parser import LanguageTagError

from indexer.errors import QueryError

UNKNOWN = "und"
# ISO 639-3 puts Indonesian inside the macrolanguage Malay, but nobody who asks for Malay
# documents means Indonesian ones: the two have standard forms and two-letter codes of their own.
_STANDS_ALONE = {"id"}


def checked(code: str) -> str:
    """Return `code`, trimmed, if it is a language code.

    :raises QueryError: if it is none.
    """
    trimmed = code.strip()
    try:
        known = tag_is_valid(trimmed)
    except (LanguageTagError, ValueError):
        known = False
    if not known:
        shown = trimmed.encode("utf-8", "replace").decode()[:40]
        raise QueryError(
            f"“{shown}” is not a language code; use codes such as de, ja or zh-Hans "
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
