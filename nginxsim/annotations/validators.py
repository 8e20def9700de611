"""What the controller lets an annotation's value be when --enable-annotation-validation is on, which is the default.

Patterns are Go's, read as Go reads them. ingress-nginx 1.15.1:
internal/ingress/annotations/parser/validators.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nginxsim.golang.net import network, networks
from nginxsim.golang.patterns import check_pattern, compile_pattern
from nginxsim.golang.strconv import atoi, parse_bool, parse_duration, trim

if TYPE_CHECKING:
    from nginxsim.releases import Release

# Characters that the patterns below are made of.
PLAIN = r"\-\.\_\~a-zA-Z0-9\/:"
_PLAIN_LIST = PLAIN + ", "
_REGEX = r"\^\$\[\]\(\)\{\}\*\+\?\|&=\\"
_QUERY = r",:\?&="
_DNS_LABEL_LENGTH = 63


@dataclass(frozen=True, slots=True)
class Validator:
    """accepts: whether a value passes; expected: what would, for people; offender: the wrong part, "" for all of it.

    matches: whether the pattern alone fits, to the last blank. Parsers ask that again of what they have read, since
    validation may be off and overlooks blanks. one_line: a value with a line break may be refused besides.
    """

    accepts: Callable[[str], bool]
    expected: str
    offender: Callable[[str], str] = lambda _: ""
    matches: Callable[[str], bool] = lambda _: True
    one_line: bool = False
    past: tuple[tuple[str, Validator], ...] = ()

    def formerly(self, past: Mapping[str, Validator]) -> Validator:
        """The same for an annotation that other releases, such as "..1.9.4", validate otherwise."""
        return replace(self, past=tuple(past.items()))

    def at(self, release: Release) -> Validator:
        """What takes its place in a release: mostly itself."""
        return next((before for when, before in self.past if release.within(when)), self)


def matching(pattern: str, expected: str, *, spaces: bool = False, separator: str = "") -> Validator:
    """A value that the pattern finds something in; `spaces`: blanks count, else they are taken out first.

    `separator`: what stands between items that would each be accepted alone; only used to point at the wrong one.
    """
    compiled = compile_pattern(pattern)

    def accepts(value: str) -> bool:
        return compiled.search(value if spaces else value.replace(" ", ""))

    def offender(value: str) -> str:
        items = map(trim, value.split(separator)) if separator else ()
        return next((item for item in items if item and not accepts(item)), "")

    return Validator(accepts, expected, offender, compiled.search, one_line=True)


def made_of(characters: str, expected: str, *, spaces: bool = False) -> Validator:
    """A value of these characters only (a regular expression's class, without brackets)."""
    plain = matching(f"^[{characters}]*$", expected, spaces=spaces)
    stranger = compile_pattern(f"[^{characters}]")

    def offender(value: str) -> str:
        tested = value if spaces else value.replace(" ", "")
        return next((character for character in tested if stranger.search(character)), "")

    return Validator(plain.accepts, expected, offender, plain.matches, one_line=True)


def one_of(*options: str, any_case: bool = False) -> Validator:
    """One of these texts, blanks around it trimmed; `any_case`: capital letters are taken as small ones."""

    def accepts(value: str) -> bool:
        tested = trim(value)
        return (tested.lower() if any_case else tested) in options

    return Validator(accepts, _alternatives(options), matches=accepts)


def _alternatives(options: Sequence[str]) -> str:
    *others, last = (f'"{option}"' for option in options)
    return f"{', '.join(others)} or {last}" if others else last


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    def accepts(value: str) -> bool:
        try:
            read(value)
        except ValueError:
            return False
        return True

    return accepts


def _first_bad_network(value: str) -> str:
    readable = _reads(network)
    specs = (trim(spec) for spec in value.split(","))
    return next((spec for spec in specs if not readable(spec)), "")


_SERVER_NAME = compile_pattern(f"^[/{PLAIN}{_REGEX}]*$")
_SERVER_NAME_STRANGER = compile_pattern(f"[^/{PLAIN}{_REGEX}]")


def _is_server_name(value: str) -> bool:
    return _SERVER_NAME.search(trim(value))


def _is_common_name(value: str) -> bool:
    return value.startswith("CN=") and _reads(check_pattern)(value[3:])


_SERVICE_NAME = compile_pattern(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")

NETWORKS_EXPECTED = "an IP address or a CIDR such as 203.0.113.7/32"

ANYTHING = Validator(lambda _: True, "anything")
BOOL = Validator(_reads(parse_bool), '"true" or "false"')
INTEGER = Validator(_reads(atoi), "a whole number")
DURATION = Validator(_reads(parse_duration), 'a time such as "1m" or "90s"')
NETWORKS = Validator(_reads(networks), NETWORKS_EXPECTED, _first_bad_network)
SERVER_NAME = Validator(
    _is_server_name,
    "a host name, which may be a regular expression",
    lambda value: next((letter for letter in trim(value) if _SERVER_NAME_STRANGER.search(letter)), ""),
)
SERVER_NAMES = Validator(
    lambda value: all(map(_is_server_name, value.split(","))),
    "host names separated by commas, which may be regular expressions",
    lambda value: next((trim(name) for name in value.split(",") if not _is_server_name(name)), ""),
)
COMMON_NAME = Validator(_is_common_name, '"CN=" followed by a regular expression')
SERVICE_NAME = Validator(
    lambda value: len(value) <= _DNS_LABEL_LENGTH and _SERVICE_NAME.search(value),
    "the name of a Service in the Ingress' namespace",
)

NAME = made_of("/" + PLAIN, "letters, digits and any of - . _ ~ / :")
NAME_LIST_WITH_SPACES = made_of("/" + _PLAIN_LIST, "letters, digits, blanks and any of - . _ ~ / : ,", spaces=True)
WORDS = made_of("/" + PLAIN + " ", "letters, digits, blanks and any of - . _ ~ / :", spaces=True)
REGEX = made_of("/" + PLAIN + _REGEX, "a regular expression of letters, digits and usual symbols", spaces=True)
SIZE = matching(r"^(?i)\d+[bkmg]?$", 'a size such as "8k", "10m" or "1024"')
_URL_EXPECTED = "a URL of letters, digits and any of - . _ ~ / : , ? & ="
_COMMALESS = r":\?&="
_COMMALESS_EXPECTED = "a URL of letters, digits and any of - . _ ~ / : ? & ="
_NO_COMMAS = "..1.10.4 1.11.0..1.11.2"
URL = made_of(PLAIN + _QUERY, _URL_EXPECTED).formerly({_NO_COMMAS: made_of(PLAIN + _COMMALESS, _COMMALESS_EXPECTED)})
URL_AS_IS = made_of(PLAIN + _QUERY, _URL_EXPECTED, spaces=True).formerly({
    _NO_COMMAS: made_of(PLAIN + _COMMALESS, _COMMALESS_EXPECTED, spaces=True)
})  # fmt: skip
URL_WITH_VARIABLES = made_of(
    _PLAIN_LIST + _QUERY + "$", "a URL of letters, digits and any of - . _ ~ / : , ? & = $"
).formerly({"..1.9.4": made_of(PLAIN + _COMMALESS + "$", f"{_COMMALESS_EXPECTED} $")})
VARIABLES = made_of(r"A-Za-z0-9\-\_\$\{\}", "letters, digits, - and _, and nginx variables such as $host")
_PATH_EXPECTED = "a path of letters, digits and any of - . _ ~ / : with captures such as $1"
PATH_WITH_CAPTURES = made_of(PLAIN + "$", _PATH_EXPECTED)
PATH_WITH_CAPTURES_AS_IS = made_of(PLAIN + "$", _PATH_EXPECTED, spaces=True).formerly({
    "..1.9.4": matching(rf"^/[{PLAIN}$]*$", f"{_PATH_EXPECTED}, which starts with /", spaces=True)
})  # fmt: skip
HEADER_NAMES = made_of("A-Za-z0-9-_, ", "header names separated by commas")
ON_OFF = matching(r"^(on|off)$", '"on" or "off"')
ON_OFF_EXACT = one_of("on", "off")
