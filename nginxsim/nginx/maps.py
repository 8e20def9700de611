"""map, geo and split_clients: variables worked out from other values.

nginx 1.27.1: src/http/modules/ngx_http_{map,geo,split_clients}_module.c
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nginxsim.nginx.addresses import Address, Network, PrefixTable, any_contains, parse_address, parse_network
from nginxsim.nginx.escapes import to_bytes
from nginxsim.nginx.names import NameTable
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.nginx.script import Value, compile_value, constant
from nginxsim.nginx.sizes import parse_hundredths
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.variables import Getter, Variable, Variables

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

_NO_VALUE = constant("")


def define_all(http: Directive, variables: Variables) -> None:
    """Makes the variables of every map, geo and split_clients block of the http level."""
    readers = {"map": _map, "geo": _geo, "split_clients": _split_clients}
    blocks = [block for block in http.all(*readers) if len(block.args) > (block.name != "geo")]
    made: dict[str, Variable] = {}
    for block in blocks:  # a block may read the variable of a later one
        name = variable_name(block.args[-1], block.line)
        variables.allow_set(name)
        variables.define(name, Variable(_later(made, name), remembered=block.first("volatile") is None))
    for block in blocks:
        name = variable_name(block.args[-1], block.line)
        made[name] = readers[block.name](block, variables)
        variables.define(name, made[name])


def _later(made: Mapping[str, Variable], name: str) -> Getter:
    """The variable once it is made; one that is worked out from itself is empty there."""
    mark = f"${name} is being worked out"

    def get(request: LiveRequest) -> str | None:
        if mark in request.vars:
            request.assume(f"${name}, which is worked out from itself, is empty")
            return ""
        request.vars[mark] = None
        try:
            return made[name].get(request)
        finally:
            del request.vars[mark]

    return get


def variable_name(word: str, line: int) -> str:
    if not word.startswith("$"):
        raise conf_error(line, f'invalid variable name "{word}"')
    return word[1:].strip("{}").lower()


def _map(block: Directive, variables: Variables) -> Variable:
    source = compile_value(block.args[0], variables, block.line)
    default, volatile, hostnames = _NO_VALUE, False, False
    names: NameTable[Value] = NameTable()
    entries = list(block.block or ())
    hostnames = any(entry.name == "hostnames" and not entry.args for entry in entries)
    for entry in entries:
        if not entry.args:
            volatile = volatile or entry.name == "volatile"
            continue
        value = compile_value(entry.args[0], variables, entry.line)
        if entry.name == "default":
            default = value
        elif entry.name.startswith("~"):
            names.add_regex(_key_regex(entry, variables), value)
        elif entry.name != "include":
            names.add(entry.name.removeprefix("\\"), value, wildcards=hostnames)
    return Variable(_map_getter(source, names, default, hostnames), remembered=not volatile)


def _key_regex(entry: Directive, variables: Variables) -> Regex:
    caseless = entry.name.startswith("~*")
    regex = Regex(entry.name[2 if caseless else 1 :], caseless, entry.line)
    for name in regex.names:
        variables.allow_set(name)
    return regex


def _map_getter(source: Value, names: NameTable[Value], default: Value, hostnames: bool) -> Getter:
    key_of = source.get

    def get(request: LiveRequest) -> str:
        key = key_of(request)
        if hostnames:
            key = key.removesuffix(".")
        try:
            found = names.find(key.lower(), key, request)
        except MatchLimitError:  # nginx logs it and takes the default
            found = None
        return (found[0] if found else default).get(request)

    def get_plainly(request: LiveRequest) -> str:
        return (exact(key_of(request).lower()) or default).get(request)

    exact = names.exact
    return get if hostnames or not names.is_plain else get_plainly


# --- geo --------------------------------------------------------------------------------------------------------------


def _geo(block: Directive, variables: Variables) -> Variable:
    source = variables.getter(variable_name(block.args[0], block.line)) if len(block.args) > 1 else None
    table = _Ranges() if any(entry.name == "ranges" for entry in block.block or ()) else _Networks()
    default, proxies, recursive = "", list[Network](), False
    for entry in block.block or ():
        if entry.name == "default":
            default = entry.args[0] if entry.args else ""
        elif entry.name == "proxy" and entry.args:
            proxies += filter(None, [parse_network(entry.args[0])])
        elif entry.name == "proxy_recursive":
            recursive = True
        elif entry.name == "delete" and entry.args:
            table.remove(entry.args[0])
        elif entry.name not in ("include", "ranges") and entry.args:
            table.add(entry.name, entry.args[0], entry.line)

    def get(request: LiveRequest) -> str:
        text = request.remote_addr if source is None else source(request) or ""
        address = parse_address(text)
        if proxies and any_contains(proxies, address):
            address = forwarded_address(address, request.header_values("x-forwarded-for"), proxies, recursive)
        found = table.find(address)
        return default if found is None else found

    return Variable(get)


def forwarded_address(address: Address, values: list[str], trusted: Iterable[Network], recursive: bool) -> Address:
    """The client that trusted proxies name; the last address of the header, or the last untrusted one if recursive."""
    words = [word for word in ",".join(values).replace(",", " ").split() if word]
    trusted = tuple(trusted)
    while words and any_contains(trusted, address):
        found = parse_address(words.pop())
        if not found.version:
            return address
        address = found
        if not recursive:
            break
    return address


class _Networks:
    def __init__(self) -> None:
        self._table: PrefixTable[str] = PrefixTable()

    def add(self, key: str, value: str, line: int) -> None:
        network = parse_network(key)
        if network is None:
            raise conf_error(line, f'invalid network "{key}"')
        self._table.add(network, value)

    def remove(self, key: str) -> None:
        if network := parse_network(key):
            self._table.remove(network)

    def find(self, address: Address) -> str | None:
        found = self._table.find(address)
        return found[1] if found else None


class _Ranges(_Networks):
    """`ranges`: first-last pairs of IPv4 addresses; a later range overwrites an earlier one where they meet."""

    def __init__(self) -> None:
        super().__init__()
        self._ranges: list[tuple[int, int, str]] = []

    def add(self, key: str, value: str, line: int) -> None:
        first, last = (parse_address(part) for part in (key.partition("-")[0], key.partition("-")[2] or key))
        if not first.version or not last.version or last.value < first.value:
            raise conf_error(line, f'invalid range "{key}"')
        self._ranges.append((first.value, last.value, value))

    def remove(self, key: str) -> None:
        first, last = (parse_address(part) for part in (key.partition("-")[0], key.partition("-")[2] or key))
        self._ranges = [entry for entry in self._ranges if entry[:2] != (first.value, last.value)]

    def find(self, address: Address) -> str | None:
        for first, last, value in reversed(self._ranges):
            if address.version == 4 and first <= address.value <= last:
                return value
        return None


# --- split_clients ----------------------------------------------------------------------------------------------------


def _split_clients(block: Directive, variables: Variables) -> Variable:
    source = compile_value(block.args[0], variables, block.line)
    shares: list[tuple[int, Value]] = []
    total = 0
    for entry in block.block or ():
        value = compile_value(entry.args[0], variables, entry.line) if entry.args else _NO_VALUE
        if entry.name == "*":
            shares.append((1 << 32, value))
            break
        total += _hundredths(entry)
        shares.append((total * 0xFFFFFFFF // 10000, value))

    def get(request: LiveRequest) -> str | None:
        key = murmur_hash2(to_bytes(source.get(request)))
        return next((value.get(request) for limit, value in shares if key < limit), None)

    return Variable(get)


def _hundredths(entry: Directive) -> int:
    hundredths = parse_hundredths(entry.name)
    if not hundredths:
        raise conf_error(entry.line, f'invalid percent value "{entry.name}"')
    return hundredths


def murmur_hash2(data: bytes) -> int:
    """MurmurHash2 with seed 0, as split_clients uses it (32 bits)."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    digest = len(data) & mask
    whole = len(data) - len(data) % 4
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        digest = (digest * multiplier & mask) ^ word
    if tail := data[whole:]:
        digest = (digest ^ int.from_bytes(tail, "little")) * multiplier & mask
    digest = (digest ^ digest >> 13) * multiplier & mask
    return digest ^ digest >> 15
