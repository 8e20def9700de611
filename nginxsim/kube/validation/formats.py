"""What texts have to look like: names, hosts, addresses. Each format yields what is wrong, in words that go on from
the text itself; nothing where all is well. Lengths count bytes.

Source: kubernetes 1.34 staging/src/k8s.io/apimachinery/pkg/util/validation (validation.go, ip.go),
pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from nginxsim.golang.net import Address, parse_ip, parse_ip_sloppy
from nginxsim.kube.names import LABEL, SUBDOMAIN

Says: TypeAlias = Iterator[str]
Format: TypeAlias = Callable[[str], Says]

_QUALIFIED = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", re.ASCII)
_LABEL_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_WILDCARD = re.compile(rf"\*\.{SUBDOMAIN.pattern}")
_UNDERSCORED = re.compile(r"_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_HTTP_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_PORT_CHARACTERS = re.compile(r"[-a-z0-9]+")
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_HEADER = re.compile(r"[-A-Za-z0-9]+")
_PERCENT = re.compile(r"[0-9]+%")

_NAME_RULE = "(letters, digits, '-', '_' and '.', a letter or digit at both ends)"


def size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _longer(text: str, most: int) -> Says:
    if size(text) > most:
        yield f"has more than {most} characters"


def _like(pattern: re.Pattern[str], most: int, otherwise: str) -> Format:
    """Texts of so many characters that fit the pattern; otherwise: what else is said of them."""

    def says(text: str) -> Says:
        yield from _longer(text, most)
        if pattern.fullmatch(text) is None:
            yield otherwise

    return says


subdomain = _like(
    SUBDOMAIN,
    253,
    "is not a lower-case DNS name (a-z, digits, '-' and '.', a letter or digit at both ends of each part)",
)
label_1035 = _like(_LABEL_1035, 63, "is not a label (a-z, digits and '-') that starts with a letter")
wildcard = _like(_WILDCARD, 253, "is not a wildcard: '*.' and a lower-case DNS name")


def label(text: str) -> Says:
    yield from _longer(text, 63)
    if LABEL.fullmatch(text) is None:
        if SUBDOMAIN.fullmatch(text):
            yield "has dots"
        else:
            yield "is not a lower-case label (a-z, digits and '-', a letter or digit at both ends)"


def subdomain_underscored(text: str) -> Says:
    """A domain that names are looked for in."""
    yield from _longer(text, 253)
    if not all(_UNDERSCORED.fullmatch(part) for part in text.split(".")):
        yield "is not a lower-case DNS name, underscores allowed"


def prefix(text: str) -> Says:
    """A DNS name to which something may be added."""
    return subdomain(f"{text[:-2]}a" if len(text) > 1 and text.endswith("-") else text)


def variable(text: str) -> Says:
    """The name of an environment variable."""
    if not text or not all(" " <= letter <= "~" and letter != "=" for letter in text):
        yield "is not the name of a variable (printable ASCII without '=')"


def host(text: str) -> Says:
    """A host of a rule or of a tls entry: a DNS name, or a wildcard for one part."""
    return wildcard(text) if "*" in text else subdomain(text)


def no_address(text: str) -> Says:
    if parse_ip_sloppy(text) is not None:
        yield "is an IP address, not a DNS name"


def rule_host(text: str) -> Says:
    yield from no_address(text)
    yield from host(text)


def qualified(text: str) -> Says:
    """A name with a DNS name and a slash before it, as of labels; the DNS name may be left out."""
    prefix, slash, name = text.partition("/")
    if "/" in name:
        yield "has more than one slash"
        return
    if not slash:
        prefix, name = "", text
    elif not prefix:
        yield "has nothing before the slash"
    else:
        yield from (f"{says} before the slash" for says in subdomain(prefix))
    yield from _qualified_name(name)


def _qualified_name(name: str) -> Says:
    if not name:
        yield "has no name"
    elif size(name) > 63:
        yield "has a name of more than 63 characters"
    if _QUALIFIED.fullmatch(name) is None:
        yield f"is not a name {_NAME_RULE}"


def annotation_name(text: str) -> Says:
    return qualified(text.lower())


def label_value(text: str) -> Says:
    yield from _longer(text, 63)
    if text and _QUALIFIED.fullmatch(text) is None:
        yield f"is not the value of a label {_NAME_RULE}"


def data_key(text: str) -> Says:
    """Of a ConfigMap or a Secret."""
    yield from _longer(text, 253)
    if _DATA_KEY.fullmatch(text) is None:
        yield "is not a key (letters, digits, '-', '_' and '.')"
    if text in (".", ".."):
        yield f"must not be {text}"
    elif text.startswith(".."):
        yield "must not begin with .."


def port_name(text: str) -> Says:
    yield from _longer(text, 15)
    if _PORT_CHARACTERS.fullmatch(text) is None:
        yield "has other characters than a-z, digits and '-'"
    if not any("a" <= letter <= "z" for letter in text):
        yield "has no letter"
    if "--" in text:
        yield "has two hyphens in a row"
    if text.startswith("-") or text.endswith("-"):
        yield "begins or ends with a hyphen"


def path_segment(text: str) -> Says:
    """What becomes a part of an URL of the API."""
    if text in (".", ".."):
        yield f"must not be {text}"
    yield from (f"contains '{mark}'" for mark in "/%" if mark in text)


def ip(text: str) -> Says:
    """An address of either family; leading zeros and IPv4 written as IPv6 pass."""
    if parse_ip_sloppy(text) is None:
        yield "is not an IP address"


def ip_strict(text: str) -> Says:
    """An address in the one form that RFC 5952 has for it."""
    address = parse_ip_sloppy(text)
    if address is None:
        yield "is not an IP address"
    elif parse_ip(text) is None:
        yield "has leading zeros"
    elif ":" in text and address.version == 4:
        yield "is an IPv4 address written as IPv6"
    elif text != str(address):
        yield f"is not written as it should be: {address}"


def cidr(text: str) -> Says:
    address, _, length = text.partition("/")
    parsed = parse_ip_sloppy(address)
    written_as_v6 = ":" in address
    most = 128 if written_as_v6 else 32
    if parsed is None or not (length.isascii() and length.isdecimal()) or int(length) > most:
        yield "is not a network like 10.0.0.0/8"


def endpoint_ip(text: str) -> Says:
    """An address to send requests to, or an externalIP."""
    address = parse_ip_sloppy(text)
    if address is None:
        yield "is not an IP address"
    else:
        yield from (says for says, bad in _SPECIAL.items() if bad(address))


def _is_local_multicast(address: Address) -> bool:
    packed = address.packed
    return packed[:3] == b"\xe0\0\0" if address.version == 4 else packed[0] == 0xFF and packed[1] & 0x0F == 0x02


_SPECIAL: Mapping[str, Callable[[Address], bool]] = {
    "is the unspecified address": lambda address: address.is_unspecified,
    "is a loopback address": lambda address: address.is_loopback,
    "is a link-local address": lambda address: address.is_link_local,
    "is a link-local multicast address": _is_local_multicast,
}


def fully_qualified(text: str, parts: int) -> Says:
    """A DNS name of at least so many parts."""
    problems = list(subdomain(text))
    yield from problems
    if not problems and text.count(".") + 1 < parts:
        yield f"has fewer than {parts} parts"


def fqdn(text: str) -> Says:
    """A DNS name of two parts and more; a dot may stand at its end."""
    name = text.removesuffix(".")
    problems = list(fully_qualified(name, 2))
    yield from problems
    if not problems:
        yield from (f'has the part "{part}", which {says}' for part in name.split(".") for says in label(part))


def domain_path(text: str) -> Says:
    """A controller's name: a DNS name, a slash, and something after it."""
    domain, _, path = text.partition("/")
    if not domain or not path:
        yield "is not a DNS name and a path, like k8s.io/ingress-nginx"
        return
    yield from (f"{says} before the slash" for says in subdomain(domain))
    if _HTTP_PATH.fullmatch(path) is None:
        yield "has characters that no path of a URL has"


def percent(text: str) -> Says:
    if _PERCENT.fullmatch(text) is None:
        yield "is not a share like 25%"


def header_name(text: str) -> Says:
    if _HEADER.fullmatch(text) is None:
        yield "is not the name of a header (letters, digits and '-')"


FORMATS: Mapping[str, Format] = {
    "annotation-name": annotation_name,
    "data-key": data_key,
    "cidr": cidr,
    "domain-path": domain_path,
    "endpoint-ip": endpoint_ip,
    "fqdn": fqdn,
    "header-name": header_name,
    "host": host,
    "ip": ip,
    "ip-strict": ip_strict,
    "label": label,
    "label-1035": label_1035,
    "label-value": label_value,
    "no-address": no_address,
    "path-segment": path_segment,
    "percent": percent,
    "port-name": port_name,
    "prefix": prefix,
    "qualified": qualified,
    "rule-host": rule_host,
    "subdomain": subdomain,
    "subdomain-underscored": subdomain_underscored,
    "variable": variable,
}
"""By the names that the tables use."""
