"""Numbers and dates of a spreadsheet as the spreadsheet shows them.

A cell stores 0.185 and shows "18.5%"; it stores 45356 and shows "05/03/2024". People search for
what they see. The number formats of Office Open XML (ECMA-376 part 1, 18.8.31) are followed as far
as they decide which characters are seen; colours, fills and alignment are not.
"""

import datetime
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

Moment = datetime.datetime | datetime.date | datetime.time
Value = str | bool | int | float | Moment | datetime.timedelta

# Formats that stand for "a date as this machine writes dates": the machine is not known here, so
# dates are written the way that every reader understands.
_MACHINE_FORMATS = frozenset(
    {"general", "mm-dd-yy", "m/d/yy", "m/d/yyyy", "m/d/yy h:mm", "m/d/yyyy h:mm"}
)
_MOST_DECIMALS = 15  # a double holds no more digits
_GENERAL_DIGITS = 10  # what "General" shows in a cell that is wide enough
_ENGLISH = 0x09  # the primary language in the low bits of a Windows locale
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

_SECTION = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;])*)(?:;|$)')
_LITERAL = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]'
)
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?|\.[#0?]+")
_EXPONENT = re.compile(r"E[+-]0+", re.IGNORECASE)
_DATE_PART = re.compile(
    r'"[^"]*"|\\.|\[[^\]]*\]|[_*].|y+|m+|d+|h+|s+(?:\.0+)?|am/pm|a/p|.', re.IGNORECASE
)
_LOCALE = re.compile(r"\[\$[^\]-]*-([0-9A-Fa-f]{1,8})")


def shown(value: Value, number_format: str) -> str:
    """Return a cell's value as a person sees it.

    :param value: as the cell stores it.
    :param number_format: such as "0.00%" or "dd/mm/yyyy"; "General" for none.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, int | float):
        return _number(value, number_format)
    return _moment(value, number_format)


@dataclass(frozen=True, slots=True)
class _NumberFormat:
    """One section of a number format.

    :param before: what stands before the digits.
    :param after: what stands behind them.
    :param decimals: the greatest number of decimals.
    :param least_decimals: how many of them stand even where they are zero.
    :param integers: how many digits stand before the point at least.
    :param grouped: whether thousands are parted by a comma.
    :param scale: the power of ten that the value is multiplied by.
    """

    before: str
    after: str
    decimals: int
    least_decimals: int
    integers: int
    grouped: bool
    scale: int


def _number(value: int | float, number_format: str) -> str:
    sections = _SECTION.findall(number_format)
    negative = value < 0 and len(sections) > 1 and bool(sections[1])
    parsed = _parsed(sections[1] if negative else sections[0])
    if parsed is None:
        return _general(value)
    number = Decimal(repr(value)).scaleb(parsed.scale)
    number = number.quantize(Decimal(1).scaleb(-parsed.decimals), ROUND_HALF_UP)
    digits = f"{abs(number):{',' if parsed.grouped else ''}f}"
    whole, _, decimals = digits.partition(".")
    while len(decimals) > parsed.least_decimals and decimals.endswith("0"):
        decimals = decimals[:-1]
    whole = (
        "" if whole == "0" and not parsed.integers and decimals else whole.zfill(parsed.integers)
    )
    sign = "-" if number < 0 and not negative else ""
    return f"{sign}{parsed.before}{whole}{'.' if decimals else ''}{decimals}{parsed.after}".strip()


@lru_cache(maxsize=512)
def _parsed(section: str) -> _NumberFormat | None:
    """Return what a section says of digits, or None where the general format does as well."""
    before, after, digits, percents, end = "", "", "", 0, 0
    for literal in (*_LITERAL.finditer(section), None):
        plain = section[end : literal.start() if literal else len(section)]
        if _EXPONENT.search(plain) or "general" in plain.lower() or "/" in plain or "@" in plain:
            return None
        percents += plain.count("%")
        found = _DIGITS.search(plain)
        if found and (digits or _DIGITS.search(plain, found.end())):
            return None
        text = literal and (literal["quoted"] or literal["escaped"] or literal["currency"])
        if found:
            digits = found[0]
            before, after = before + plain[: found.start()], plain[found.end() :]
        elif digits:
            after += plain
        else:
            before += plain
        before, after = (before, after + (text or "")) if digits else (before + (text or ""), after)
        end = literal.end() if literal else end
    if not digits:
        return None
    whole, _, decimals = digits.partition(".")
    thousands = len(whole) - len(whole.rstrip(","))
    return _NumberFormat(
        before,
        after,
        min(len(decimals), _MOST_DECIMALS),
        min(decimals.count("0"), _MOST_DECIMALS),
        min(whole.count("0"), _MOST_DECIMALS),
        "," in whole.rstrip(","),
        2 * percents - 3 * thousands,
    )


def _general(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.{_GENERAL_DIGITS}g}"


def _moment(value: Moment, number_format: str) -> str:
    section = _SECTION.match(number_format)
    parts = _DATE_PART.findall(section[1] if section else "")
    if number_format.lower() in _MACHINE_FORMATS or not _is_spelled(value, parts):
        return _plain_moment(value)
    twelve = any(part.lower() in ("am/pm", "a/p") for part in parts)
    written: list[str] = []
    for index, part in enumerate(parts):
        kind = part[0].lower()
        if kind == "m" and _are_minutes(parts, index):
            kind = "minutes"
        written.append(_date_part(value, part, kind, twelve))
    return "".join(written).strip() or _plain_moment(value)


def _date_part(value: Moment, part: str, kind: str, twelve: bool) -> str:
    """Return what one part of a date format shows."""
    if isinstance(value, datetime.date) and kind in "ymd":
        return _day_part(value, kind, len(part))
    if isinstance(value, datetime.datetime | datetime.time):
        if part.lower() in ("am/pm", "a/p"):
            return "AM" if value.hour < 12 else "PM"
        hour = (value.hour % 12 or 12) if twelve else value.hour
        numbers = {"h": hour, "minutes": value.minute, "s": value.second}
        if kind in numbers:
            width = min(len(part.partition(".")[0]), 2)
            return f"{numbers[kind]:0{width}}"
    if kind == '"':
        return part.strip('"')
    return part[1:] if kind == "\\" else "" if kind in "[_*" or kind == "minutes" else part


def _day_part(value: datetime.date, kind: str, width: int) -> str:
    if kind == "y":
        return f"{value.year:04}" if width > 2 else f"{value.year % 100:02}"
    number = value.month if kind == "m" else value.day
    if width <= 2:
        return f"{number:0{width}}"
    name = _MONTHS[value.month - 1] if kind == "m" else _DAYS[value.weekday()]
    return name if width > 3 else name[:3]


def _is_spelled(value: Moment, parts: list[str]) -> bool:
    """Whether the parts can be written here: no era, no month's name in another language."""
    letters = {part[0].lower() for part in parts if part[0].isalpha()}
    if not letters or not letters <= set("ymdhsa") or any(part.lower() == "a" for part in parts):
        return False
    if not isinstance(value, datetime.date) and letters & set("yd"):
        return False
    if not isinstance(value, datetime.datetime | datetime.time) and letters & set("hs"):
        return False
    locale = _LOCALE.search("".join(parts))
    named = any(part[0].lower() in "md" and len(part) > 2 for part in parts)
    return not (named and locale and int(locale[1], 16) & 0x3FF != _ENGLISH)


def _are_minutes(parts: list[str], index: int) -> bool:
    """Whether an m means minutes: it follows hours or precedes seconds."""
    before = next((part[0].lower() for part in parts[index - 1 :: -1] if part[0].isalpha()), "")
    after = next((part[0].lower() for part in parts[index + 1 :] if part[0].isalpha()), "")
    return (index > 0 and before == "h") or after == "s"


def _plain_moment(value: Moment) -> str:
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    return value.isoformat("minutes") if isinstance(value, datetime.time) else value.isoformat()
