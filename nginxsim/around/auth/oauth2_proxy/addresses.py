"""The address that oauth2-proxy takes for the client's.

oauth2-proxy 7.15.3: pkg/ip/realclientip.go, pkg/apis/middleware/scope.go; what is newer by recorded answers of 7.15.6
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nginxsim.around.auth.oauth2_proxy.settings import Settings
from nginxsim.around.auth.oauth2_proxy.validation import network
from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version
from nginxsim.golang.net import Address, parse_ip


class Taken(StrEnum):
    """Where the address comes from."""

    PEER = "peer"
    """Whoever opened the connection: no reverse-proxy."""
    HEADER = "header"
    UNTRUSTED = "untrusted"
    """The peer's, as it is none of the trusted proxies that may name another."""
    MISSING = "missing"
    """The header is not there: nobody's address."""
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Compared:
    """An address that is compared with trusted-ip, and where it comes from. text: as the header has it."""

    how: Taken
    address: str = ""
    header: str = ""
    text: str = ""

    def within(self, networks: Iterable[str]) -> str:
        """The first of these that it lies in; "" for none."""
        return next((text for text in networks if _holds(text, parse_ip(self.address))), "")


def _holds(text: str, address: Address | None) -> bool:
    found = network(text)
    return found is not None and address is not None and address.version == found.version and address in found


def trusts(peer: str, settings: Settings) -> bool:
    """Whether X-Forwarded-* headers of this peer count."""
    if not settings.is_on("reverse-proxy"):
        return False
    proxies = settings.list("trusted-proxy-ip")
    return not proxies or bool(Compared(Taken.PEER, peer).within(proxies))


def client_address(values: Sequence[str], peer: str, settings: Settings, version: Version) -> Compared:
    """values: those of the header that names the client."""
    if not settings.is_on("reverse-proxy"):
        return Compared(Taken.PEER, peer)
    header = settings.text("real-client-ip-header")
    strict = version.has(Fact.ADDRESS_OF_PROXIES)
    if strict and not trusts(peer, settings):
        return Compared(Taken.UNTRUSTED, peer, header)
    text = values[0] if values else ""
    if not text:
        return Compared(Taken.MISSING, "", header)
    proxies = settings.list("trusted-proxy-ip")
    from_the_right = strict and proxies and header.lower() == "x-forwarded-for"
    element = _last_foreign(",".join(values), proxies) if from_the_right else text.partition(",")[0]
    address = parse_ip(_without_port(element.strip()))
    if address is None:
        return Compared(Taken.MALFORMED, "", header, text)
    return Compared(Taken.HEADER, str(address), header, text)


def _last_foreign(text: str, proxies: Sequence[str]) -> str:
    """The last element that is none of the proxies; the first where all are."""
    elements = [element.strip() for element in text.split(",")]
    foreign = (each for each in reversed(elements) if not Compared(Taken.HEADER, _without_port(each)).within(proxies))
    return next(foreign, elements[0])


def _without_port(text: str) -> str:
    """ "192.0.2.1:80" and "[2001:db8::1]:80" have a port, "2001:db8::1" has none."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
