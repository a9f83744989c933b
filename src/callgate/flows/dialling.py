"""Which number is meant by what was dialled or typed?

The raw text is judged before `phonenumbers` sees it, because that library is made to be helpful: it turns `*67` into
digits, reads vanity letters and Arabic or full-width digits, and drops an extension. Each of those lets one person be
reached under two spellings. What is left are plain digits, and they are read as the network would dial them. The raw
text is neither kept nor put into a message: a person may have keyed a PIN into the wrong field.

The number alone decides what was meant. Whether such a number may be called (toll-free, premium, abroad) is policy.
"""

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult
from phonenumbers.shortnumberinfo import is_emergency_number, is_valid_short_number_for_region

from callgate.domain.number import Number, NumberKind, NumberProblem

# Stored beside what was accepted: numbering plans change, and a stored number is never judged again under newer data.
METADATA_VERSION: Final[str] = phonenumbers.__version__

# Longer than any number with its formatting; a limit on the work that one text can cause.
RAW_LENGTH_MAX: Final = 64

_NANP: Final = 1
_NANP_LENGTH: Final = 11  # the country code and ten digits
_NANP_EXCHANGE_LENGTH: Final = 7  # of those without the last four, which only tell one line from another
# Where one exchange has numbers of several kinds (Barbados, Jamaica).
SPLIT_AREA_CODES: Final = frozenset({"246", "876"})
_NANP_LOCAL_LENGTH: Final = 7
_SHORT_LENGTH: Final = range(2, 7)
_NANP_SHORT_LENGTH: Final = 3  # the five- and six-digit codes of this plan carry text messages, never a call

# What people write numbers with; a `+` only before the first digit, and at least one digit.
_PLAIN_NUMBER = re.compile(r"[ (]*\+?[ ()./-]*[0-9][0-9 ()./-]*")
# What else a text can be, in the order in which the first that fits is the problem.
_REFUSED_TEXTS: Final = (
    (re.compile(r"[^ -~]"), NumberProblem.NOT_A_NUMBER),  # Arabic and full-width digits, control characters
    (re.compile(r"\A *\Z"), NumberProblem.EMPTY),
    (re.compile(r"[*#]"), NumberProblem.FEATURE_CODE),
    # Digits for after the answer: a comma, a semicolon, a pause or wait letter, or an extension.
    (re.compile(r"[0-9)] *(?:[,;]|(?:x|ext|extension|p|w)[ .:=]*[0-9])", re.IGNORECASE), NumberProblem.EXTRA_DIGITS),
    (re.compile(r"[A-Za-z]"), NumberProblem.LETTERS),
)
_NOT_A_DIGIT = re.compile(r"[^0-9]+")
_CARRIER_CODE = re.compile(r"101[0-9]{4}")
_EXCHANGE_976 = re.compile(r"(?:1[2-9][0-9]{2})?976[0-9]{4}")
_DIRECTORY = re.compile(r"(?:1[2-9][0-9]{2})?5551212")
_FICTIONAL = re.compile(r"1[2-9][0-9]{2}55501[0-9]{2}")

_KIND_BY_TYPE: Final[dict[int, NumberKind]] = {
    PhoneNumberType.FIXED_LINE: NumberKind.ORDINARY,
    PhoneNumberType.MOBILE: NumberKind.ORDINARY,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.ORDINARY,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM,
    PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
    PhoneNumberType.VOIP: NumberKind.VOIP,
    PhoneNumberType.PAGER: NumberKind.PAGER,
    # Company-wide and voice mail access numbers ring through to whoever their owner likes, so they stay UNKNOWN.
}
# Global satellite networks; the library files their numbers under mobile or VoIP.
_SATELLITE_COUNTRY_CODES: Final = frozenset({870, 881, 882})

_PROBLEM_BY_PARSE_ERROR: Final[dict[int, NumberProblem]] = {
    NumberParseException.TOO_SHORT_AFTER_IDD: NumberProblem.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: NumberProblem.TOO_SHORT,
    NumberParseException.TOO_LONG: NumberProblem.TOO_LONG,
}
_PROBLEM_BY_LENGTH: Final[dict[int, NumberProblem]] = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: NumberProblem.TOO_SHORT,
    ValidationResult.TOO_SHORT: NumberProblem.TOO_SHORT,
    ValidationResult.TOO_LONG: NumberProblem.TOO_LONG,
    ValidationResult.INVALID_COUNTRY_CODE: NumberProblem.NOT_A_NUMBER,
}


def parse_dialled(raw: str, *, region: str) -> Number:
    """Answer which number this text means at a place in `region`, or why it means none. Never raises.

    Accepted are digits with at most a leading `+` and the characters people write numbers with (space, brackets, point,
    slash, hyphen): international with `+` or the region's own prefix (011), national with or without the leading 1, and
    short codes. Everything else is a problem, not a number.

    A number must be one that the numbering plan could have given out. One exception: the block NPA-555-0100 to 0199,
    reserved for fiction, counts as ordinary under every area code that exists. Nobody can be reached there, and
    demonstrations, tests and training need numbers that are nobody's.

    Args:
        raw: what the switch sent or staff typed; any text.
        region: ISO 3166 code of the facility, which gives meaning to digits without a `+`.

    Clause: contract section 2 (`called_number`, `number_not_valid`); RULES F41.

    Example:
        >>> parse_dialled("(860) 555-0123", region="US").e164
        '+18605550123'
        >>> parse_dialled("011 44 20 7946 0958", region="US").region
        'GB'
        >>> str(parse_dialled("1 900 555 0123", region="US").kind)
        'premium'
        >>> str(parse_dialled("*67 860 555 0123", region="US").problem)
        'feature_code'
        >>> parse_dialled("988", region="US").e164
        '988'
    """
    problem = _find_problem_in_text(raw)
    if problem is not None:
        return Number(problem=problem)
    digits = _NOT_A_DIGIT.sub("", raw)
    if phonenumbers.country_code_for_region(region) == _NANP:
        return _read_in_nanp(digits, region=region, is_international="+" in raw)
    if "+" in raw:
        return _read_nanp(digits) if digits.startswith("1") else _read_elsewhere(f"+{digits}", region)
    short = _find_short_code(digits, region) if len(digits) in _SHORT_LENGTH else None
    return _read_elsewhere(digits, region) if short is None else short


def _find_problem_in_text(raw: str) -> NumberProblem | None:
    """Is there something in the text that no plain number has?"""
    if len(raw) > RAW_LENGTH_MAX:
        return NumberProblem.TOO_LONG
    if _PLAIN_NUMBER.fullmatch(raw):
        return None
    fitting = (problem for pattern, problem in _REFUSED_TEXTS if pattern.search(raw))
    return next(fitting, NumberProblem.NOT_A_NUMBER)


def _read_in_nanp(digits: str, *, region: str, is_international: bool) -> Number:
    """Read digits as they are dialled in North America: +, 011, 1 and ten digits, ten digits, or a short code."""
    full = digits
    if not is_international:
        if digits.startswith("011"):
            full = digits.removeprefix("011")
        elif digits.startswith("0") or _CARRIER_CODE.match(digits):
            # 0 and 01 ask for an operator, 101xxxx for another carrier: either could place a call that is not this one.
            return Number(problem=NumberProblem.DIAL_AROUND)
        elif not digits.startswith("1"):
            full = f"1{digits}"
    if not full.startswith("1"):
        return _read_elsewhere(f"+{full}", region)
    # `1411` and `+1988` are what a switch makes of a short code when it puts the country code before everything.
    code = digits if len(digits) == _NANP_SHORT_LENGTH and not is_international else full[1:]
    short = _find_short_code(code, region) if len(code) == _NANP_SHORT_LENGTH else None
    return _read_nanp(full) if short is None else short


def _read_nanp(full: str) -> Number:
    """Read the country code 1 and what follows it; ten digits is the only length there is."""
    if full.startswith("1911"):
        # No area code: an exchange may connect to the emergency service at the third digit and ignore the rest.
        return Number(kind=NumberKind.EMERGENCY, problem=NumberProblem.EXTRA_DIGITS)
    if len(full) < _NANP_LENGTH:
        return Number(kind=_local_kind(full[1:]), problem=NumberProblem.TOO_SHORT)
    number = _judge(PhoneNumber(country_code=_NANP, national_number=int(full[1:_NANP_LENGTH])), full[:_NANP_LENGTH])
    if len(full) == _NANP_LENGTH:
        return number
    if number.is_dialable:
        return Number(kind=number.kind, problem=NumberProblem.EXTRA_DIGITS)
    return Number(problem=NumberProblem.TOO_LONG)


def _local_kind(digits: str) -> NumberKind:
    """What were seven digits without an area code aiming at? The record should say so where it was a paid service."""
    if len(digits) != _NANP_LOCAL_LENGTH:
        return NumberKind.UNKNOWN
    if _EXCHANGE_976.fullmatch(digits):
        return NumberKind.PREMIUM
    return NumberKind.DIRECTORY if _DIRECTORY.fullmatch(digits) else NumberKind.UNKNOWN


def _read_elsewhere(text: str, region: str) -> Number:
    """Read a number of any other plan by the library's rules: `text` is digits with or without a `+`."""
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return Number(problem=_PROBLEM_BY_PARSE_ERROR.get(error.error_type, NumberProblem.NOT_A_NUMBER))
    full = _format(parsed)[1:]
    if parsed.country_code == _NANP:
        return _read_nanp(full)
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if length == ValidationResult.IS_POSSIBLE:
        return _judge(parsed, full)
    problem = _PROBLEM_BY_LENGTH.get(length, NumberProblem.NOT_ASSIGNED)
    if problem == NumberProblem.TOO_LONG and phonenumbers.truncate_too_long_number(parsed):
        problem = NumberProblem.EXTRA_DIGITS
    return Number(problem=problem)


def _judge(parsed: PhoneNumber, full: str) -> Number:
    """Could the plan have given this number out, and what sort of line is it?"""
    number_type, region = _type_and_region(parsed, full)
    is_valid = number_type != PhoneNumberType.UNKNOWN or (region is not None and _is_fictional(full))
    if not is_valid:
        return Number(problem=NumberProblem.NOT_ASSIGNED)
    return Number(
        e164=f"+{full}",
        region=region if region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else None,
        kind=_kind_of(parsed.country_code, full, number_type),
    )


def _type_and_region(parsed: PhoneNumber, full: str) -> tuple[int, str | None]:
    if parsed.country_code == _NANP and full[1:4] not in SPLIT_AREA_CODES:
        return _type_and_region_in_nanp(full[:_NANP_EXCHANGE_LENGTH])
    return phonenumbers.number_type(parsed), phonenumbers.region_code_for_number(parsed)


# The library tries some thirty patterns on each number, and outside those area codes none of this plan's looks further
# than the exchange: a test holds that against its data.
@lru_cache(maxsize=16_384)
def _type_and_region_in_nanp(exchange: str) -> tuple[int, str | None]:
    first = PhoneNumber(country_code=_NANP, national_number=int(f"{exchange[1:]}0000"))
    return phonenumbers.number_type(first), phonenumbers.region_code_for_number(first)


def _kind_of(country_code: int | None, full: str, number_type: int) -> NumberKind:
    if country_code == _NANP:
        if _EXCHANGE_976.fullmatch(full):
            return NumberKind.PREMIUM
        if _DIRECTORY.fullmatch(full):
            return NumberKind.DIRECTORY
        if number_type == PhoneNumberType.UNKNOWN:
            return NumberKind.ORDINARY  # only a fictional number comes this far without a type
    if country_code in _SATELLITE_COUNTRY_CODES:
        return NumberKind.SATELLITE
    return _KIND_BY_TYPE.get(number_type, NumberKind.UNKNOWN)


def _is_fictional(full: str) -> bool:
    return _FICTIONAL.fullmatch(full) is not None


def _find_short_code(digits: str, region: str) -> Number | None:
    """Is it one of the region's own short codes (988, 211), an emergency number or directory assistance?"""
    country_code = phonenumbers.country_code_for_region(region)
    if country_code == 0:  # no such region
        return None
    if is_emergency_number(digits, region):
        return Number(e164=digits, region=region, kind=NumberKind.EMERGENCY)
    code = PhoneNumber(country_code=country_code, national_number=int(digits))
    if digits.startswith("0") or not is_valid_short_number_for_region(code, region):
        return None
    is_directory = country_code == _NANP and digits == "411"
    return Number(e164=digits, region=region, kind=NumberKind.DIRECTORY if is_directory else NumberKind.SHORT_CODE)


def _format(parsed: PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
