"""How is a PIN known without being kept, which PINs are too easy, and what do wrong ones cost?

A PIN is stored as a keyed digest, because a call must find its person by PIN alone and a salted slow hash cannot be
looked up. The digest is worth nothing to who has the database but not the key. What stops guessing at a telephone is
that every guess counts against the telephone: a wrong PIN names nobody else who could pay.
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Final, NamedTuple

PIN_PATTERN: Final = r"[0-9]{4,16}"
PIN_LENGTH_MIN: Final = 4
PIN_LENGTH_MAX: Final = 16
KEY_BYTES_MIN: Final = 32
# One in a hundred thousand guesses may hit somebody, and no more.
GUESSES_PER_PERSON: Final = 100_000

_PIN = re.compile(PIN_PATTERN)
_VERSIONED = re.compile(r"([0-9]+):(\S+)")
_VERSION_MAX: Final = 999_999
_TELLING: Final = 4  # so many digits in a row of a known number give a PIN away; three happen by chance
_GENERATE_ATTEMPTS_MAX: Final = 1000
# One key, two uses: the prefix keeps a digest of one from ever being a digest of the other.
_PIN_USE: Final = b"callgate pin digest 1\x00"
_FINGERPRINT_USE: Final = b"callgate fingerprint 1\x00"
_NOTHING: Final = b"\xff" * 8  # in the place of a length that no text has


def digest_pin(key: bytes, pin: str) -> str:
    """Answer what is stored of a PIN: its HMAC-SHA256 under `key`, in hex.

    Raises:
        ValueError: not 4 to 16 digits. The message does not repeat it.
    """
    if not _PIN.fullmatch(pin):
        raise ValueError("a PIN is 4 to 16 digits")
    return hmac.digest(key, _PIN_USE + pin.encode("ascii"), "sha256").hex()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PinKeys:
    """The secret keys by version; the highest one is for new PINs, the others still find the old ones.

    A PIN cannot be digested again without its owner, so a key is retired by issuing new PINs and then leaving it out.

    Raises:
        ValueError: no key, a version outside 1 to 999999, or a key of fewer than 32 bytes.

    Example:
        >>> keys = PinKeys(by_version={1: b"an older key of at least 32 bytes", 2: b"a newer key of at least 32 bytes"})
        >>> keys, [version for version, digest in keys.digests("493715")]
        (PinKeys(versions=[1, 2]), [2, 1])
    """

    by_version: Mapping[int, bytes]

    def __post_init__(self) -> None:
        """Hold the invariants, newest key first."""
        if not self.by_version or not all(0 < version <= _VERSION_MAX for version in self.by_version):
            raise ValueError(f"at least one PIN key is needed, and versions are 1 to {_VERSION_MAX}")
        if any(len(key) < KEY_BYTES_MIN for key in self.by_version.values()):
            raise ValueError(f"a PIN key must be {KEY_BYTES_MIN} bytes long or longer")
        newest_first = dict(sorted(self.by_version.items(), reverse=True))
        object.__setattr__(self, "by_version", MappingProxyType(newest_first))

    def __repr__(self) -> str:
        """Name the versions and show no key."""
        return f"PinKeys(versions={sorted(self.by_version)})"

    @property
    def current_version(self) -> int:
        """Under which version are new PINs digested?"""
        return next(iter(self.by_version))

    def digests(self, pin: str) -> tuple[tuple[int, str], ...]:
        """Answer the PIN's digest under every key, as (version, hex), the current one first."""
        return tuple((version, digest_pin(key, pin)) for version, key in self.by_version.items())

    def fingerprint(self, parts: Sequence[str | None]) -> tuple[str, ...]:
        """Answer what is kept of a request to know its repeat by: `version:hex` under every key, the current one first.

        The first is stored; a later request is the same if what was stored is among its own. Keyed, because a plain
        hash would give away the PIN in it. Parts go in with their lengths, and None is no text: no two lists collide.
        """
        message = b"".join(map(_framed, parts))
        return tuple(
            f"{version}:{hmac.digest(key, _FINGERPRINT_USE + message, 'sha256').hex()}"
            for version, key in self.by_version.items()
        )


def _framed(part: str | None) -> bytes:
    if part is None:
        return _NOTHING
    data = part.encode("utf-8", errors="surrogatepass")  # JSON can carry half a character
    return len(data).to_bytes(8, "big") + data


def parse_pin_keys(text: str) -> PinKeys:
    """Read the keys from the setting: one secret, or `version:secret` items separated by white space or commas.

    Raises:
        ValueError: unusable. The message never repeats a secret.

    Example:
        >>> parse_pin_keys("1:" + "a" * 32 + ", 2:" + "b" * 32), parse_pin_keys("a" * 32)
        (PinKeys(versions=[1, 2]), PinKeys(versions=[1]))
    """
    items = re.split(r"[\s,]+", text.strip(" \t\r\n,"))
    found = [_VERSIONED.fullmatch(item) for item in items]
    if len(items) == 1 and found[0] is None:
        return PinKeys(by_version={1: items[0].encode()})
    by_version = {int(match[1]): match[2].encode() for match in found if match is not None}
    if len(by_version) != len(items):
        raise ValueError("several PIN keys must each be written version:secret, every version once")
    return PinKeys(by_version=by_version)


def is_guessable(pin: str, *, inmate_id: str, date_of_birth: date | None) -> bool:
    """Could someone who knows the person, or tries the usual ones, come upon this PIN?

    Four or more digits in a row from the inmate number, or from the birth date in any common writing; a run of four up
    or down (the 0 of a keypad follows its 9); one digit four times in a row; the whole a repeated block (1212, 123123)
    or made of two different digits only. Three in a row of anything are chance, and refusing them would cost more PINs
    than it saves.

    Clause: contract section 3, `pin_not_acceptable`; RULES F03.

    Example:
        >>> born = date(1985, 3, 7)
        >>> [is_guessable(pin, inmate_id="CT-204418", date_of_birth=born) for pin in ("920441", "851985", "492716")]
        [True, True, False]
    """
    known = (re.sub(r"[^0-9]", "", inmate_id), *_written_dates(date_of_birth))
    telling = {number[i : i + _TELLING] for number in known for i in range(len(number) - _TELLING + 1)}
    stretches = [pin[i : i + _TELLING] for i in range(len(pin) - _TELLING + 1)]
    if any(stretch in telling or _is_run(stretch) for stretch in stretches):
        return True
    return len(set(pin)) <= 2 or _is_repeated_block(pin)  # noqa: PLR2004 - "two different digits", as the docstring says


def _is_run(digits: str) -> bool:
    """Do the digits go up by one, down by one or stay, all the way?"""
    steps = {(int(later) - int(earlier)) % 10 for earlier, later in pairwise(digits)}
    return steps in ({0}, {1}, {9})


def _is_repeated_block(pin: str) -> bool:
    return pin in (pin + pin)[1:-1]


def _written_dates(day: date | None) -> tuple[str, ...]:
    """The ways people write a birth date, as digits only. Parts of these (month and year) are found inside them."""
    if day is None:
        return ()
    years = (f"{day:%Y}", f"{day:%y}")
    padded = [f"{day:%m%d}", f"{day:%d%m}"]
    bare = [f"{day.month}{day.day}", f"{day.day}{day.month}"]
    return tuple(written for year in years for part in (*padded, *bare) for written in (part + year, year + part))


def digits_needed(population: int) -> int:
    """How long must PINs be among so many people, so that a guess hits one of them once in 100,000 at most?

    Example:
        >>> [digits_needed(population) for population in (0, 1, 10, 11, 1500)]
        [5, 5, 6, 7, 9]
    """
    needed = GUESSES_PER_PERSON * max(population, 1)
    return max(PIN_LENGTH_MIN, len(str(needed - 1)))


def is_space_large_enough(pin_length: int, population: int) -> bool:
    """Are PINs of this length long enough for so many people?"""
    return digits_needed(population) <= pin_length <= PIN_LENGTH_MAX


def generate_pin(
    length: int, *, inmate_id: str, date_of_birth: date | None, random_digits: Callable[[int], str]
) -> str:
    """Answer a new PIN that is not guessable.

    Args:
        length: 4 to 16.
        random_digits: gives as many digits as asked for, from a cryptographic source.

    Raises:
        ValueError: the length is not allowed.
        RuntimeError: the source gives what is no PIN, or only guessable ones: it is broken.
    """
    if not PIN_LENGTH_MIN <= length <= PIN_LENGTH_MAX:
        raise ValueError(f"a PIN has {PIN_LENGTH_MIN} to {PIN_LENGTH_MAX} digits")
    for _ in range(_GENERATE_ATTEMPTS_MAX):
        pin = random_digits(length)
        if len(pin) != length or not _PIN.fullmatch(pin):
            raise RuntimeError("the source of random digits gave something else")
        if not is_guessable(pin, inmate_id=inmate_id, date_of_birth=date_of_birth):
            return pin
    raise RuntimeError("the source of random digits gives guessable PINs only")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleRules:
    """How many wrong PINs are too many? Policy values; one below 1, or a longest lock below the first: ValueError.

    `lock_seconds` doubles with every lock up to `lock_seconds_max`, and starts over once `quiet_seconds` have passed
    since the last lock ended.
    """

    wrong_max: int = 5
    window_seconds: int = 600
    lock_seconds: int = 300
    lock_seconds_max: int = 3600
    quiet_seconds: int = 3600
    facility_wrong_max: int = 100
    facility_window_seconds: int = 3600

    def __post_init__(self) -> None:
        """Hold the invariants."""
        if min(getattr(self, name) for name in self.__slots__) < 1:
            raise ValueError("every value of the PIN throttle must be 1 or more")
        if self.lock_seconds_max < self.lock_seconds:
            raise ValueError("lock_seconds_max must not be shorter than lock_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class StationThrottle:
    """What one telephone has against it: instants in epoch milliseconds, and how long its last lock was."""

    wrong_at: tuple[int, ...] = ()
    locked_until: int | None = None
    lock_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityThrottle:
    """When wrong PINs were entered anywhere at the facility, epoch milliseconds; no more than the rules look at."""

    wrong_at: tuple[int, ...] = ()


class Throttled(NamedTuple):
    """What one wrong PIN changed; `alert`: it is the one with which the facility reached its limit."""

    station: StationThrottle
    facility: FacilityThrottle
    locked_now: bool
    alert: bool


def is_locked(station: StationThrottle, now_ms: int) -> bool:
    """Is PIN entry at this telephone shut now? From the wrong PIN on, and open again at `locked_until` itself."""
    return station.locked_until is not None and now_ms < station.locked_until


def after_wrong_pin(
    station: StationThrottle, facility: FacilityThrottle, *, rules: ThrottleRules, now_ms: int
) -> Throttled:
    """Answer what stands against the telephone and its facility after one more wrong PIN.

    The fifth wrong one within ten minutes locks the station; a lock settles the tries that brought it on, so counting
    begins anew when it ends. A try during a lock changes nothing: it neither counts nor makes the lock longer, or one
    person leaning on the keys could shut a telephone for everybody. Once the facility had its hundred within the hour,
    every further wrong one locks its station at once.

    There is no `after_right_pin`, on purpose: if a right PIN wiped the slate clean, a helper entering a right one after
    every fourth guess would keep the telephone open to guessing for ever. A window is closed at both ends: a try
    exactly ten minutes old still counts. `now_ms` is epoch milliseconds.
    """
    if is_locked(station, now_ms):
        return Throttled(station, facility, locked_now=False, alert=False)
    here = _recent(station.wrong_at, rules.window_seconds, now_ms)
    everywhere = _recent(facility.wrong_at, rules.facility_window_seconds, now_ms)
    was_full = len(everywhere) >= rules.facility_wrong_max
    here, everywhere = (*here, now_ms), (*everywhere, now_ms)[-rules.facility_wrong_max :]
    locks = was_full or len(here) >= rules.wrong_max
    return Throttled(
        _locked(station, rules, now_ms) if locks else replace(station, wrong_at=here),
        FacilityThrottle(wrong_at=everywhere),
        locked_now=locks,
        alert=not was_full and len(everywhere) >= rules.facility_wrong_max,
    )


def _recent(wrong_at: Sequence[int], window_seconds: int, now_ms: int) -> tuple[int, ...]:
    return tuple(at for at in wrong_at if now_ms - at <= window_seconds * 1000)


def _locked(station: StationThrottle, rules: ThrottleRules, now_ms: int) -> StationThrottle:
    goes_on = station.locked_until is not None and now_ms - station.locked_until <= rules.quiet_seconds * 1000
    doubled = max(station.lock_seconds * 2, rules.lock_seconds) if goes_on else rules.lock_seconds
    seconds = min(doubled, rules.lock_seconds_max)
    return StationThrottle(wrong_at=(), locked_until=now_ms + seconds * 1000, lock_seconds=seconds)
