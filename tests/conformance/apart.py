"""Which Ingresses a recorded conf of one release treats otherwise than that of another, by the two files alone.

What differs belongs to an Ingress by the names that its locations carry; what stands around locations, to one of those
that name the host. No request sees, and so nothing is made of:

- comments: the words of a reason, where a location is denied in both;
- where the controller's Lua stands: in the file, or in files since 1.12.0; what it is told is compared;
- what is logged, and the name of an Ingress, which goes into logs; the layout of values of several lines, which the
  recording of 0.43.0 lacks (tests/conformance/older.py);
- `http2 on` instead of a parameter of `listen` (1.10.0), which is the same to a client;
- a name: the variables of limit-allowlist were called by its former name until 1.9.0;
- backslashes that are doubled in a path or a name, which stands in quotes that take one away (1.14.3);
- names of backends for errors, in which the namespace stands since 0.49.0; ssl_reject_handshake at nginx's default;
- `proxy_intercept_errors off` at an authentication service (1.14.3), where the controller itself answers in place of
  errors: that is an error as well.

Of two things `upgrade` does not always tell: X-Forwarded-For, which services that stand in for errors are sent since
1.3.1, and ModSecurity, which is off for the controller's own locations since 1.2.1.

Two headers that every service is sent since (X-Forwarded-Scheme, X-Original-Forwarded-Host), and what a key of the
ConfigMap switches that the other release does not know, concern no Ingress more than any other. Of these `upgrade`
tells once, and tests/data/upgrade/headlines.yaml holds that.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.conformance.older import BREAK

UNSEEN = re.compile(
    r"access_log |error_log |log_subrequest |set \$global_rate_limit_exceeding |http2 on;"
    r"|(proxy|grpc)_set_header X-(Forwarded-Scheme|Original-Forwarded-Host) "
    r"|lua_|(init|init_worker|header_filter|body_filter|log|balancer|ssl_certificate|content|access|preread)_by_lua_"
    r"|resolver "
    r"|set \$auth_(path|keepalive_share_vars|response_headers) "
    r"|set_by_lua_|ssl_reject_handshake off;|modsecurity off;|set \$(namespace|ingress_name) "
    r"|set \$preserve_trailing_slash false;"
)
_TOLD = re.compile(
    r"(force_ssl_redirect|ssl_redirect|force_no_ssl_redirect|preserve_trailing_slash|use_port_in_redirects)"
    r" = (true|false)"
)
"""What releases before 1.12.0 tell their Lua in the file, and later ones in variables."""
_INTERCEPTS = "proxy_intercept_errors off;"
_OWN_ERRORS = re.compile(r"^error_page .*@custom_(?!upstream-default-backend_)")
_FOR_ERRORS = re.compile(r"custom-default-backend-[\w-]+?(?=_\d+\b|[;\s\"]|$)")
_SENT_SINCE = "proxy_set_header X-Forwarded-For $remote_addr;"
_LIMITED = re.compile(r"\$(?:allow|white)list_(\w+)")


@dataclass(slots=True)
class Block:
    """head: as in the file, "" for the file itself."""

    head: str
    lines: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def named(self, name: str) -> list[Block]:
        return [each for each in self.blocks if each.head.partition(" ")[0] == name]

    def first(self, name: str) -> Block:
        return next(iter(self.named(name)), Block(name))

    def value(self, start: str) -> str:
        """Of the first directive that begins so."""
        return next((line[len(start) : -1] for line in self.lines if line.startswith(start)), "")


class Apart(NamedTuple):
    """each: Ingresses that differ. some: of each of these groups one does, and which one the file does not tell.

    perhaps: those of which the file does not tell, as they ask an authentication service or redirect by Lua, which
    is written otherwise; and all where what variables are made of outside of servers is.
    """

    each: Mapping[str, Counter[str]]
    some: Sequence[tuple[str, frozenset[str]]]
    perhaps: frozenset[str]


def read(lines: Iterable[str]) -> Block:
    """A recorded conf."""
    around = [Block("")]
    for line in map(str.strip, lines):
        if line == "}":
            around.pop()
        elif line.endswith(" {"):
            around[-1].blocks.append(Block(line.removesuffix(" {")))
            around.append(around[-1].blocks[-1])
        else:
            around[-1].lines.append(line)
    return around[0]


def apart(old: Block, new: Block, by_host: Mapping[str, set[str]], streams: set[str], keys: set[str]) -> Apart:
    """by_host: the Ingresses that name a host. streams: those with a stream-snippet.

    keys: those of the ConfigMap that only one of the releases knows.
    """
    starts = tuple(key.removeprefix("enable-").replace("-", "_") for key in keys)
    old, new = (_without(conf, starts) for conf in (old, new))
    each: dict[str, Counter[str]] = {}
    some = [found for found in _servers(old, new, by_host, each) if found[1]]
    there, here = old.first("stream"), new.first("stream")
    if streams and (found := _differing(there, here)):
        some.append((f"stream {found}", frozenset(streams)))
    for owner, lines in _limits(old, new):
        each.setdefault(owner, Counter()).update(lines)
    made = (Block("", list(_for_errors(conf)), list(_made(conf.first("http")))) for conf in (old, new))
    everybody = set().union(*by_host.values()) if _differing(*made) else set()
    redirected = set().union(*(by_host.get(name, ()) for name in _redirecting_otherwise(old, new)))
    return Apart(each, some, frozenset({*_asking_otherwise(old, new), *redirected, *everybody}))


def _made(http: Block) -> Iterator[Block]:
    yield from http.named("map")
    yield from (block for block in http.named("upstream") if block.head != "upstream upstream_balancer")


def _for_errors(conf: Block) -> Iterator[str]:
    """What services that stand in for errors are told of the client."""
    for server in conf.first("http").named("server"):
        for location in server.named("location"):
            if location.head.startswith("location @custom_") and _SENT_SINCE in location.lines:
                yield _SENT_SINCE


def _redirecting_otherwise(old: Block, new: Block) -> Iterator[str]:
    before, after = (
        {name: server.value("set_by_lua_") for name, server in _by_name(conf.first("http").named("server")).items()}
        for conf in (old, new)
    )
    yield from (name for name, lua in after.items() if before.get(name, "") != lua)


def _asking_otherwise(old: Block, new: Block) -> Iterator[str]:
    before, after = (
        {
            (server.value("server_name "), location.head): (owner_of(location), line)
            for server in conf.first("http").named("server")
            for location in server.named("location")
            for line in location.lines
            if line.startswith("access_by_lua_")
        }
        for conf in (old, new)
    )
    yield from (owner for key, (owner, line) in after.items() if before.get(key, (owner, ""))[1] != line)


def _without(block: Block, starts: tuple[str, ...]) -> Block:
    """Without the lines that begin with one of these."""
    lines = [line for line in block.lines if not line.startswith(starts)] if starts else block.lines
    return Block(_plain(block.head), lines, [_without(inner, starts) for inner in block.blocks])


def _plain(text: str) -> str:
    """As nginx reads a path or a name that stands in quotes."""
    return _FOR_ERRORS.sub("custom-default-backend", text.replace(4 * "\\", 2 * "\\"))


def _servers(
    old: Block, new: Block, by_host: Mapping[str, set[str]], each: dict[str, Counter[str]]
) -> Iterator[tuple[str, frozenset[str]]]:
    before, after = (_by_name(conf.first("http").named("server")) for conf in (old, new))
    quiet = not any(_OWN_ERRORS.search(line) for conf in (old, new) for line in _all_lines(conf))
    for name in sorted({*before, *after}):
        group = frozenset(by_host.get(name, ()))
        there, here = before.get(name), after.get(name)
        if there is None or here is None:
            yield f"server {name}", group
            continue
        bare = Block("", there.lines), Block("", here.lines)
        if found := _differing(*bare, quiet=quiet):
            yield f"in server {name}: {found}", group
        for head, pair in _locations(there, here).items():
            owners = {owner for block in pair if block and (owner := owner_of(block))}
            found = _differing(*(block or Block("gone") for block in pair), quiet=quiet)
            if pair[0] is None or pair[1] is None:
                found = Counter([f"whole {head[0]}"])
            if found and len(owners) != 1:
                yield f"{name} {head}: {found}", frozenset(owners) or group
            for owner in owners if found and len(owners) == 1 else ():
                each.setdefault(owner, Counter()).update(found)


def _all_lines(block: Block) -> Iterator[str]:
    yield from block.lines
    for inner in block.blocks:
        yield from _all_lines(inner)


def _by_name(servers: Iterable[Block]) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for server in servers:
        found.setdefault(server.value("server_name ").partition(" ")[0], server)
    return found


def _locations(old: Block, new: Block) -> dict[tuple[str, int], tuple[Block | None, Block | None]]:
    """By head, and by how many of the same head went before."""
    before, after = (dict(_counted(server.named("location"))) for server in (old, new))
    return {key: (before.get(key), after.get(key)) for key in {**before, **after}}


def _counted(locations: Iterable[Block]) -> Iterator[tuple[tuple[str, int], Block]]:
    seen: Counter[str] = Counter()
    for location in locations:
        yield (location.head, seen[location.head]), location
        seen[location.head] += 1


def owner_of(location: Block) -> str:
    """ "namespace/name", "" where the location is nobody's."""
    namespace, name = location.value("set $namespace "), location.value("set $ingress_name ").strip('"')
    return f"{namespace}/{name}" if name else ""


def _differing(old: Block, new: Block, *, quiet: bool = True) -> Counter[str]:
    """The lines that only one of them has. quiet: no service answers in the place of errors."""
    before, after = (Counter(_seen(block, quiet=quiet)) for block in (old, new))
    gone = Counter({f"- {line}": count for line, count in (before - after).items()})
    return gone + Counter({f"+ {line}": count for line, count in (after - before).items()})


def _seen(block: Block, *, quiet: bool) -> Iterator[str]:
    for line in block.lines:
        if line.startswith("rewrite_by_lua_block"):
            told = (f"set ${name} {value};" for name, value in _TOLD.findall(line))
            yield from (each for each in told if not UNSEEN.match(each))
        elif line.startswith("#denied "):
            yield "#denied"
        elif line.startswith("server_name "):
            yield _plain(line)
        elif line.startswith("listen "):
            yield line.replace(" http2;", ";")
        elif not _is_unseen(line, block, quiet=quiet):
            yield _LIMITED.sub(r"$allowlist_\1", _FOR_ERRORS.sub("custom-default-backend", BREAK.sub(r"\\n", line)))
    for inner in block.blocks:
        yield inner.head
        yield from _seen(inner, quiet=quiet)


def _is_unseen(line: str, block: Block, *, quiet: bool) -> bool:
    if line == _SENT_SINCE:
        return "@custom_" in block.head
    return bool(UNSEEN.match(line)) or line.startswith("rewrite_by_lua_file") or (quiet and line == _INTERCEPTS)


def _limits(old: Block, new: Block) -> Iterator[tuple[str, Counter[str]]]:
    """Whose addresses limits do not count, which stands outside of all servers under a name made from the owner's."""
    before, after = (
        {found[1]: block for block in conf.first("http").named("geo") if (found := _LIMITED.search(block.head))}
        for conf in (old, new)
    )
    for name in {**before, **after}:
        if found := _differing(before.get(name, Block("")), after.get(name, Block(""))):
            namespace, ingress, *_ = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode().split("_")
            yield f"{namespace}/{ingress}", found
