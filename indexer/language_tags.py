"""What counts as a language code: BCP-47."""

from langcodes import tag_is_valid
from langcodes.tag_parser import LanguageTagError


def is_tag(code: str) -> bool:
    """Whether a text is the code of a language that there is, in any spelling, such as `deu`."""
    try:
        return bool(tag_is_valid(code))
    except (LanguageTagError, ValueError):
        return False
