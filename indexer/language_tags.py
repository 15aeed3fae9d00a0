"""Language codes: BCP-47."""

# The code of a language that is not known, and of numbers, code and noise.
UNDETERMINED = "und"


def is_tag(code: str) -> bool:
    """Whether a text is the code of a language that there is, in any spelling, such as `deu`."""
    from langcodes import tag_is_valid  # the language tables load only for this
    from langcodes.tag_parser import LanguageTagError

    try:
        return bool(tag_is_valid(code))
    except (LanguageTagError, ValueError):
        return False
