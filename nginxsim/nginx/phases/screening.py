"""ModSecurity before and after the rewrite phase: what its rules make of a request, as far as they can be judged.

owasp-modsecurity/ModSecurity-nginx 1.0.4: src/ngx_http_modsecurity_{rewrite,pre_access,module}.c
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote_plus

from nginxsim.nginx.addresses import parse_address, parse_network
from nginxsim.nginx.events import RuleMatched, Screened
from nginxsim.nginx.phases.finish import REDIRECTS, set_location
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.nginx.seclang import Engine, Rule, RuleSet, Test

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

Pairs: TypeAlias = list[tuple[str, str]]


class UnknownError(Exception):
    """A rule looks at what nobody knows here, or in a way that nobody plays."""


def screen(request: LiveRequest, phase: int) -> int:
    """The status that a rule of this phase ends the request with; 0: it goes on."""
    rules = request.conf.modsecurity
    if not rules.on or phase in request.screened:
        return 0
    request.screened |= {phase}
    if phase == 1:
        _announce(request, rules)
    if rules.engine is not Engine.ON or -1 in request.screened:
        return 0
    for rule in rules.rules:
        if (
            rule.phase == phase
            and rule.id not in rules.removed
            and (status := _applied(request, rules, rule)) is not None
        ):
            return status
    return 0


def _announce(request: LiveRequest, rules: RuleSet) -> None:
    """Says the mode; with rules in force, what nobody here can judge."""
    request.note(Screened, rules.line, rules.engine)
    if rules.engine in (Engine.OFF, Engine.DETECTION_ONLY):
        return
    for path in rules.files:
        request.assume(f"the ModSecurity rules of {path} find nothing in the request")
    if rules.engine is not Engine.ON:
        return
    for rule in rules.rules:
        if rule.phase > 2 and rule.disruptive not in ("pass", "allow"):
            request.assume(f"ModSecurity rule {rule.id}, which looks at the response, finds nothing")


def _applied(request: LiveRequest, rules: RuleSet, rule: Rule) -> int | None:
    """What comes of one rule: a status, 0 where no further rule is tried, or None."""
    try:
        found = _held(request, rule)
    except (UnknownError, MatchLimitError) as error:
        request.assume(f"ModSecurity rule {rule.id} finds nothing: {error} is not judged here")
        return None
    if found is None:
        return None
    default = rules.defaults.get(rule.phase, rule) if rule.disruptive in ("block", "") else rule
    does = default.disruptive
    if rule.others & {"ctl", "skip", "skipafter"}:
        request.assume(f"ModSecurity rule {rule.id} switches no other rules")
    if does == "allow":
        request.screened |= {-1}
        return 0
    if does not in ("deny", "drop", "redirect"):
        return None
    status = rule.status or default.status or (302 if does == "redirect" else 403)
    request.settle(RuleMatched, rules.line, rule.id, rule.message, *found, status)
    if does == "redirect" and status in REDIRECTS:
        set_location(request, default.target)
    return status


def _held(request: LiveRequest, rule: Rule) -> tuple[str, str] | None:
    """Variable and value that the last test of the rule fits; None when one fits nothing."""
    found: tuple[str, str] | None = None
    for test in rule.tests:
        found = _fitting(request, test)
        if found is None:
            return None
    return found


def _fitting(request: LiveRequest, test: Test) -> tuple[str, str] | None:
    if not test.operator:
        return "SecAction", ""
    if "%{" in test.argument:
        raise UnknownError(test.argument)
    holds = _operator(test)
    for name, value in _values(request, test.variables):
        for change in test.transformations:
            value = _changed(change, value)  # noqa: PLW2901
        if holds(value) is not test.is_negated:
            return name, value
    return None


_VARIABLE = re.compile(r"(?:[^|/]++|/[^/]*+/?+)++")
"""One of the variables that a rule looks at; between slashes, | is a part of an expression."""

# --- where a rule looks -----------------------------------------------------------------------------------------------


def _values(request: LiveRequest, variables: str) -> Pairs:
    found: Pairs = []
    without: list[str] = []
    for part in _VARIABLE.findall(variables):
        collection, _, member = part.lstrip("!&").partition(":")
        values = [pair for pair in _collection(request, collection.upper()) if _is_member(pair[0], member)]
        if part.startswith("!"):
            without += [name for name, _ in values]
        elif part.startswith("&"):
            found.append((part, str(len(values))))
        else:
            found += [(f"{collection.upper()}:{name}" if name else collection.upper(), value) for name, value in values]
    return [pair for pair in found if pair[0].partition(":")[2] not in without or ":" not in pair[0]]


def _is_member(name: str, member: str) -> bool:
    if len(member) > 1 and member[0] == member[-1] == "/":
        return Regex(member[1:-1], True).groups(name) is not None
    return not member or name.lower() == member.strip("'").lower()


def _collection(request: LiveRequest, name: str) -> Pairs:
    read = SINGLE.get(name)
    if read is not None:
        return [("", read(request))]
    several = COLLECTIONS.get(name)
    if several is None:
        raise UnknownError(name)
    return several(request)


def _arguments(request: LiveRequest) -> Pairs:
    query = request.unparsed_uri.partition("?")[2]
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def _all_arguments(request: LiveRequest) -> Pairs:
    if request.body_length > 0:
        request.assume("ModSecurity finds nothing in the request's body")
    return _arguments(request)


def _cookies(request: LiveRequest) -> Pairs:
    pairs = (part.strip().partition("=") for line in request.header_values("cookie") for part in line.split(";"))
    return [(name, value) for name, _, value in pairs if name]


def _names(of: Callable[[LiveRequest], Pairs]) -> Callable[[LiveRequest], Pairs]:
    return lambda request: [(name, name) for name, _ in of(request)]


def _path(request: LiveRequest) -> str:
    return request.unparsed_uri.partition("?")[0]


SINGLE: Mapping[str, Callable[[LiveRequest], str]] = {
    "REQUEST_URI": lambda request: request.unparsed_uri,
    "REQUEST_URI_RAW": lambda request: request.unparsed_uri,
    "REQUEST_FILENAME": _path,
    "REQUEST_BASENAME": lambda request: _path(request).rpartition("/")[2],
    "QUERY_STRING": lambda request: request.unparsed_uri.partition("?")[2],
    "REQUEST_METHOD": lambda request: request.method,
    "REQUEST_PROTOCOL": lambda request: request.protocol,
    "REQUEST_LINE": lambda request: request.request_line,
    "REMOTE_ADDR": lambda request: request.remote_addr,
    "SERVER_NAME": lambda request: request.host,
}
COLLECTIONS: Mapping[str, Callable[[LiveRequest], Pairs]] = {
    "REQUEST_HEADERS": lambda request: list(request.headers_in),
    "REQUEST_HEADERS_NAMES": _names(lambda request: list(request.headers_in)),
    "REQUEST_COOKIES": _cookies,
    "REQUEST_COOKIES_NAMES": _names(_cookies),
    "ARGS_GET": _arguments,
    "ARGS_GET_NAMES": _names(_arguments),
    "ARGS": _all_arguments,
    "ARGS_NAMES": _names(_all_arguments),
}


# --- what it looks for ------------------------------------------------------------------------------------------------


def _operator(test: Test) -> Callable[[str], bool]:
    made = OPERATORS.get(test.operator)
    if made is None:
        raise UnknownError(f"@{test.operator}")
    return made(test.argument)


def _expression(text: str) -> Callable[[str], bool]:
    regex = Regex(text)
    return lambda value: regex.groups(value) is not None


def _phrases(text: str) -> Callable[[str], bool]:
    phrases = [word.lower() for word in text.split()]
    return lambda value: any(phrase in value.lower() for phrase in phrases)


def _networks(text: str) -> Callable[[str], bool]:
    networks = [parse_network(word.strip()) for word in text.split(",")]
    return lambda value: any(each is not None and each.holds(parse_address(value)) for each in networks)


def _number(text: str) -> int:
    digits = re.match(r"\s*-?\d+", text)
    return int(digits[0]) if digits else 0


OPERATORS: Mapping[str, Callable[[str], Callable[[str], bool]]] = {
    "rx": _expression,
    "streq": lambda text: lambda value: value == text,
    "contains": lambda text: lambda value: text in value,
    "beginswith": lambda text: lambda value: value.startswith(text),
    "endswith": lambda text: lambda value: value.endswith(text),
    "within": lambda text: lambda value: value in text,
    "pm": _phrases,
    "ipmatch": _networks,
    "eq": lambda text: lambda value: _number(value) == _number(text),
    "ge": lambda text: lambda value: _number(value) >= _number(text),
    "gt": lambda text: lambda value: _number(value) > _number(text),
    "le": lambda text: lambda value: _number(value) <= _number(text),
    "lt": lambda text: lambda value: _number(value) < _number(text),
    "unconditionalmatch": lambda _: lambda __: True,
    "nomatch": lambda _: lambda __: False,
}
TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "lowercase": str.lower,
    "uppercase": str.upper,
    "urldecode": unquote_plus,
    "urldecodeuni": unquote_plus,
    "trim": str.strip,
    "length": lambda text: str(len(text)),
    "removenulls": lambda text: text.replace("\0", ""),
    "removewhitespace": lambda text: re.sub(r"\s", "", text),
    "compresswhitespace": lambda text: re.sub(r"\s+", " ", text),
}


def _changed(change: str, value: str) -> str:
    made = TRANSFORMATIONS.get(change)
    if made is None:
        raise UnknownError(f"t:{change}")
    return made(value)
