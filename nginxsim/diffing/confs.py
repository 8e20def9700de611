"""Directives that differ between two rendered confs, block by block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nginxsim.controller.model import ROOT
from nginxsim.diffing.places import server_name
from nginxsim.diffing.types import FRAME, Action, ConfChange
from nginxsim.nginx.directives import Part, Trait, having, route_of
from nginxsim.nginx.readers import IN_ONE
from nginxsim.nginx.tree import Directive
from nginxsim.origins import DEFAULT, Origin, Source
from nginxsim.verdict.provenance import Provenance

BY_FIRST_ARGUMENT = having(Trait.KEYED) | having(Trait.VARIABLE)

LUA_WORDS = dict.fromkeys(
    ("hsts", "hsts-max-age", "hsts-include-subdomains", "hsts-preload"), "strict-transport-security"
)
"""ConfigMap keys that reach responses through the controller's Lua, and the header that tells."""


@dataclass(frozen=True, slots=True)
class Written:
    """One side's directives with what is known of their origins."""

    tree: Directive
    provenance: Provenance

    def source(self, directive: Directive) -> Source:
        """What asked for it; of several, one that was written to change it rather than to have the server at all."""
        own = self.provenance.own(directive.line)
        return next((source for source in own if source.kind != "spec"), own[0] if own else DEFAULT)

    def around(self, directive: Directive) -> Source:
        return self.provenance.of(directive.line)

    def slot(self, directive: Directive) -> object:
        """What a directive is about. A location is about its Ingress path, however it is matched."""
        location = self.provenance.location_at(directive.line)
        if directive.name == "location" and location is not None:
            return directive.name, (location.ingress_path or ROOT) if location.ingress else ""
        if directive.block is not None:
            return directive.name, directive.args
        if directive.name == "more_set_headers":
            return directive.name, directive.args[-1].partition(":")[0]
        return directive.name, directive.args[:1] if directive.name in BY_FIRST_ARGUMENT else ()

    def servers(self) -> dict[str, Directive]:
        """The server blocks by their hosts; a name that is only redirected is a host of its own."""
        found: dict[str, Directive] = {}
        for child in _children(self.http):
            if child.name == "server":
                found.setdefault(self.provenance.host_at(child.line), child)
        return found

    @property
    def http(self) -> Directive:
        return self.tree.first("http") or Directive("")


def conf_changes(old: Written, new: Written, hosts: Iterable[str]) -> Iterator[ConfChange]:
    """The frame first, then the servers of these hosts, in order."""
    comparison = _Comparison(old, new)
    top = _children(old.tree), _children(new.tree)
    yield from comparison.blocks(FRAME, (), *(_without_servers(children) for children in top))
    yield from comparison.blocks(FRAME, (), *(_without_servers(_children(side.http)) for side in (old, new)))
    before, after = old.servers(), new.servers()
    for host in sorted(hosts):
        yield from comparison.server(host, before.get(host), after.get(host))


def _children(block: Directive) -> Sequence[Directive]:
    return block.block or ()


def _without_servers(children: Iterable[Directive]) -> list[Directive]:
    return [child for child in children if child.name not in ("server", "http")]


class _Comparison:
    def __init__(self, old: Written, new: Written) -> None:
        self.old = old
        self.new = new

    def server(self, host: str, before: Directive | None, after: Directive | None) -> Iterator[ConfChange]:
        if before is None or after is None:
            if before is not after:
                yield self._change(host, (), before, after)
        else:
            yield from self.blocks(host, (), _children(before), _children(after))

    def blocks(
        self, host: str, scope: tuple[str, ...], before: Sequence[Directive], after: Sequence[Directive]
    ) -> Iterator[ConfChange]:
        """Differences between the contents of two blocks, in the order of the new one, what is gone at the end."""
        gone, come, same = _matched(before, after)
        for old, new in same:
            if old.block and old.block != new.block:
                yield from self.blocks(host, (*scope, str(old)), old.block, _children(new))
        partners = self._partners(gone, come)
        left = [old for old in gone if id(old) not in partners]
        paired = {id(new): (old, new) for old, new in partners.values()}
        for new in come:
            old_one = paired[id(new)][0] if id(new) in paired else None
            yield self._change(host, scope, old_one, new)
            if old_one is not None and old_one.block is not None:
                yield from self.blocks(host, (*scope, str(new)), old_one.block, _children(new))
        for old in left:
            yield self._change(host, scope, old, None)
        if not gone and not come:
            yield from self._reordered(host, scope, before, after)

    def _partners(self, gone: Sequence[Directive], come: Sequence[Directive]) -> dict[int, tuple[Directive, Directive]]:
        """By id of the old directive: the old and the new one, where each is the only one of its slot."""
        slots: dict[object, tuple[list[Directive], list[Directive]]] = defaultdict(lambda: ([], []))
        for index, (side, directives) in enumerate(((self.old, gone), (self.new, come))):
            for directive in directives:
                slots[side.slot(directive)][index].append(directive)
        return {id(olds[0]): (olds[0], news[0]) for olds, news in slots.values() if len(olds) == len(news) == 1}

    def _change(
        self, host: str, scope: tuple[str, ...], before: Directive | None, after: Directive | None
    ) -> ConfChange:
        kind: Action = "added" if before is None else "removed" if after is None else "changed"
        return ConfChange(
            host=host,
            scope=scope,
            kind=kind,
            before=_text(before),
            after=_text(after),
            old_source=_source(self.old, before),
            new_source=_source(self.new, after),
            directives=0 if kind == "changed" else _count(before or after),
        )

    def _reordered(
        self, host: str, scope: tuple[str, ...], before: Sequence[Directive], after: Sequence[Directive]
    ) -> Iterator[ConfChange]:
        orders = [[_key(child) for child in children if _is_ordered(child)] for children in (before, after)]
        if orders[0] == orders[1]:
            return
        first = next(new for old, new in zip(*orders, strict=True) if old != new)
        mover = next(child for child in after if _key(child) == first)
        yield ConfChange(host, scope, "reordered", "", str(mover), new_source=_source(self.new, mover))


def _is_ordered(directive: Directive) -> bool:
    """Whether its place among its neighbours matters."""
    route = route_of(directive.name)
    return route.part is Part.SCRIPT or route.reader in IN_ONE or directive.name == "location"


def _text(directive: Directive | None) -> str:
    if directive is None:
        return ""
    return f"server {server_name(directive)}" if directive.name == "server" and directive.block else str(directive)


def _source(side: Written, directive: Directive | None) -> Source:
    if directive is None:
        return DEFAULT
    return side.around(directive) if directive.block is not None else side.source(directive)


def _count(directive: Directive | None) -> int:
    """Directives inside a block, blocks included."""
    return sum(1 + _count(child) for child in (directive.block or ())) if directive else 0


_Key = tuple[str, tuple[str, ...]]


def _key(directive: Directive) -> _Key:
    return directive.name, directive.args


def _matched(
    before: Sequence[Directive], after: Sequence[Directive]
) -> tuple[list[Directive], list[Directive], list[tuple[Directive, Directive]]]:
    """What only the old block has, what only the new one has, and what both have; name and arguments count."""
    waiting: dict[_Key, list[Directive]] = defaultdict(list)
    for directive in reversed(before):
        waiting[_key(directive)].append(directive)
    come, same = [], []
    for directive in after:
        stock = waiting.get(_key(directive))
        if stock:
            same.append((stock.pop(), directive))
        else:
            come.append(directive)
    kept = Counter(id(old) for old, _ in same)
    return [old for old in before if id(old) not in kept], come, same


class ConfIndex:
    """What was written behind the changes of the conf, by server and location."""

    def __init__(self, changes: Iterable[ConfChange], told: Iterable[Source] = ()) -> None:
        """`told`: what the controller tells its Lua beside the conf."""
        self._found: dict[tuple[str, str], list[tuple[str, Source]]] = defaultdict(list)
        self._found[FRAME, ""] += [(LUA_WORDS.get(source.name, source.name), source) for source in told]
        for change in changes:
            text = f"{change.before}\n{change.after}".lower()
            for location in {_location(change.scope), _location((change.before,)), _location((change.after,))}:
                source = change.source
                if source.origin is not None or source.kind == "flag":
                    self._found[change.host, location].append((text, source))

    def sources(
        self, host: str, location: str, words: Iterable[str] = (), origins: Iterable[Origin] = ()
    ) -> list[Source]:
        """Of the changes in a location and around it, the nearest block's first.

        Only those that mention a word (in lower case) or come from one of the origins, if some do. `location`: as
        "location /cart".
        """
        places = dict.fromkeys(((host, location), (host, ""), (FRAME, "")))
        found = [entry for place in places for entry in self._found.get(place, ())]
        words, origins = tuple(words), set(origins)
        fitting = [source for text, source in found if source.origin in origins or any(map(text.__contains__, words))]
        return list(dict.fromkeys(fitting or (source for _, source in found)))


def _location(scope: Sequence[str]) -> str:
    return next((block for block in scope if block.startswith("location ")), "")
