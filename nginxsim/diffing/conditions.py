"""What the conf makes depend on a request beside host and path: variations that reach each branch of its conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from nginxsim.diffing.access import ANYBODY
from nginxsim.diffing.patterns import examples
from nginxsim.nginx.addresses import parse_address
from nginxsim.nginx.tree import Directive

STRANGE_ORIGIN = "https://elsewhere.example"


@dataclass(frozen=True, slots=True)
class Variation:
    """What a request has that a plain one has not. path "" leaves the path as it is."""

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    path: str = ""
    client: str = ANYBODY
    body_bytes: int = 0
    auth_status: int = 200
    """What the auth server answers."""


PLAIN = Variation()


class Maps:
    """The `map` blocks of the http level, by the variable they make."""

    def __init__(self, http: Directive) -> None:
        self._maps = {block.args[1]: block for block in http.all("map") if len(block.args) == 2}

    def tests(self, condition: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        """The condition as (variable, operator, value); what a map decides is traced back to what it looks at."""
        variable, operator, value = (*condition, "", "")[:3]
        block = self._maps.get(variable)
        if block is None or variable.startswith(("$http_", "$cookie_", "$arg_")):
            yield variable, operator, value
            return
        for entry in block.block or ():
            yield block.args[0], *_map_key(entry.name)


def _map_key(text: str) -> tuple[str, str]:
    for operator in ("~*", "~"):
        if text.startswith(operator):
            return operator, text.removeprefix(operator)
    return "=", text.removeprefix("\\")


def variations(variable: str, operator: str, value: str) -> Iterator[Variation]:
    """Requests that meet `if (variable operator value)`; none for what a request cannot choose."""
    name = variable.removeprefix("$")
    make = _BY_NAME.get(name) or next((made(name) for start, made in _BY_START.items() if name.startswith(start)), None)
    if make is not None:
        yield from map(make, _values(operator, value, "/" if name in _PATHS else ""))


def _values(operator: str, value: str, prefix: str) -> tuple[str, ...]:
    if "~" in operator:
        return examples(value, caseless="*" in operator, prefix=prefix)
    if not operator:
        return ("1",)
    return () if "$" in value else (value,)


def _header(variable: str) -> Callable[[str], Variation]:
    name = variable.removeprefix("http_").replace("_", "-").title()
    return lambda value: Variation(headers=((name, value),))


def _cookie(variable: str) -> Callable[[str], Variation]:
    name = variable.removeprefix("cookie_")
    return lambda value: Variation(headers=(("Cookie", f"{name}={value}"),))


def _argument(variable: str) -> Callable[[str], Variation]:
    name = variable.removeprefix("arg_")
    return lambda value: Variation(query=f"{name}={value}")


def _client(value: str) -> Variation:
    return Variation(client=value) if parse_address(value).version else PLAIN


_PATHS = ("uri", "document_uri", "request_uri")
_BY_NAME: Mapping[str, Callable[[str], Variation]] = {
    "request_method": lambda value: Variation(method=value),
    "args": lambda value: Variation(query=value),
    "query_string": lambda value: Variation(query=value),
    "remote_addr": _client,
    **dict.fromkeys(_PATHS, lambda value: Variation(path=value)),
}
_BY_START: Mapping[str, Callable[[str], Callable[[str], Variation]]] = {
    "http_": _header,
    "cookie_": _cookie,
    "arg_": _argument,
}
