"""The tables of docs/hops.md: what each hop and each cache does, and the page that says so.

usage: python -m nginxsim.around.pages docs/hops.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from nginxsim.around.cache_table import POLICIES
from nginxsim.around.caching import Policy
from nginxsim.around.hop_table import HOPS
from nginxsim.around.hops import Chain, Hop, Layer, Tls
from nginxsim.generated import block, code, page_of, rewrite

MARK = "<!-- Written by `python -m nginxsim.around.pages docs/hops.md` from here on; do not edit. -->"

_TLS = {Tls.PASSED: "goes through", Tls.ENDED: "ends, then http", Tls.RENEWED: "ends, then https"}
_CHAIN = {
    Chain.UNTOUCHED: "as it came",
    Chain.APPENDED: "the client's address is appended",
    Chain.APPENDED_OVER_TLS: "the client's address is appended, of clients that speak TLS",
    Chain.APPENDED_WITH_OWN: "the client's address and its own are appended",
    Chain.REPLACED: "the client's address alone",
    Chain.REMOVED: "taken away",
}


def tables() -> str:
    """All of them as Markdown."""
    blocks = (
        ("Hops", ("name", "what it is", "TLS", "connects from", "X-Forwarded-For", "other headers, PROXY"), _hops()),
        ("Caches", ("hop", "keeps", "by itself", "at most", "old copies", "shown by"), _caches()),
    )
    return "\n".join("\n".join(block(title, heads, rows)) for title, heads, rows in blocks)


def _hops() -> Iterator[tuple[str, ...]]:
    for name, hop in HOPS.items():
        title = f"[{hop.title}]({hop.source})"
        chain = _CHAIN[hop.chain] if hop.layer is Layer.HTTP else "as it came"
        yield code(name), title, _TLS[hop.tls], _connects(hop), chain, ", ".join(_writes(hop))


def _connects(hop: Hop) -> str:
    if not hop.connects_from:
        return "the client's address"
    shown = ", ".join(map(code, hop.connects_from[:2]))
    more = len(hop.connects_from) - 2
    networks = f"{shown} and {more} more" if more > 0 else shown
    return networks if hop.published else f"its own, such as {code(hop.address)}"


def _writes(hop: Hop) -> Iterator[str]:
    if hop.proxy:
        yield f"PROXY v{hop.proxy}"
    yield from (code(f"{name}: {value}".replace("{{", "{").replace("}}", "}")) for name, value in hop.sets.items())
    yield from (f"{code(f'{name}: {value}')} unless it is there" for name, value in hop.adds.items())
    yield from (f"{code(f'{name}: {value}')} behind what is there" for name, value in hop.appends.items())
    yield from (f"no {code(name)}" for name in sorted(hop.removes))


def _caches() -> Iterator[tuple[str, ...]]:
    for name, policy in POLICIES.items():
        hops = ", ".join(code(hop.name) for hop in HOPS.values() if hop.caches == name)
        old = f"{policy.stale:,} s while nginx errs or is away" if policy.stale else "none"
        most = f"{policy.max_ttl:,} s" if policy.max_ttl else "as the answer says"
        yield (
            f"{hops} ([{policy.title}]({policy.source}))",
            _keeps(policy),
            _by_itself(policy),
            most,
            old,
            policy.shown_by,
        )


def _keeps(policy: Policy) -> str:
    if policy.forced:
        return "everything, whatever it says"
    if policy.needs_word:
        return "what says for how long"
    if policy.types or policy.extensions:
        return "static content, and what says for how long"
    return "what its status allows"


def _by_itself(policy: Policy) -> str:
    times: dict[int, list[int]] = {}
    for status, seconds in policy.statuses.items():
        times.setdefault(seconds, []).append(status)
    return "; ".join(f"{seconds:,} s for {', '.join(map(str, found))}" for seconds, found in times.items() if seconds)


page = page_of(MARK, tables)


if __name__ == "__main__":
    rewrite(sys.argv[1], page)
