"""Client addresses worth asking with: the borders of what allow and deny lists let in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nginxsim.nginx.addresses import Network, parse_address, parse_network
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.tree import Directive

ANYBODY = Request().client
_WIDTHS = {4: 32, 6: 128}


@dataclass(frozen=True, slots=True)
class AccessRules:
    """allow and deny of one place in their order; None stands for `all`."""

    rules: tuple[tuple[bool, Network | None], ...] = ()

    def admits(self, address: str) -> bool:
        """nginx: the first rule that fits decides; without one everybody may enter."""
        parsed = parse_address(address)
        for allowed, network in self.rules:
            if network is None or network.holds(parsed):
                return allowed
        return True

    @property
    def networks(self) -> tuple[Network, ...]:
        return tuple(network for _, network in self.rules if network is not None)

    def insider(self) -> str:
        """An address that may enter; anybody's where everybody or nobody may."""
        candidates = (ANYBODY, *(address for network in self.networks for address in borders(network)))
        return next(filter(self.admits, candidates), ANYBODY)


def rules_of(directives: Iterable[Directive]) -> AccessRules:
    return AccessRules(
        tuple(
            (directive.name == "allow", parse_network(directive.args[0]))
            for directive in directives
            if directive.name in ("allow", "deny") and directive.args and _is_understood(directive.args[0])
        )
    )


def _is_understood(text: str) -> bool:
    return text == "all" or parse_network(text) is not None


def borders(network: Network) -> Iterator[str]:
    """The first and the last address inside, then the neighbours outside, as far as there are some."""
    last = network.base + (1 << (_WIDTHS[network.version] - network.prefix)) - 1
    yield from dict.fromkeys((_text(network.version, network.base), _text(network.version, last)))
    if network.base:
        yield _text(network.version, network.base - 1)
    if last + 1 < 1 << _WIDTHS[network.version]:
        yield _text(network.version, last + 1)


def _text(version: int, value: int) -> str:
    return str(ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value))


def clients(old: AccessRules, new: AccessRules) -> tuple[str, ...]:
    """Who should ask: somebody each side admits, then the borders that one side lacks, all if only the order did."""
    found = dict.fromkeys((old.insider(), new.insider(), ANYBODY))
    if old != new:
        moved = set(old.rules) ^ set(new.rules) or set(old.rules)
        for rule in (*old.rules, *new.rules):
            if rule in moved and rule[1] is not None:
                found.update(dict.fromkeys(borders(rule[1])))
    return tuple(found)


def admitted(old: AccessRules, new: AccessRules) -> tuple[str, ...]:
    """With whom to ask about everything but access."""
    return tuple(dict.fromkeys((old.insider(), new.insider())))
