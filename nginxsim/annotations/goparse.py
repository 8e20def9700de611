"""Text as Go's standard library reads and writes it, as far as annotations need it.

Functions that refuse a text raise ValueError with Go's words.
"""

from __future__ import annotations

import ipaddress
import re

# go 1.26: unicode.IsSpace
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_DECIMAL = re.compile(r"[+-]?[0-9]+")
_PREFIX_LENGTH = re.compile(r"[0-9]{1,8}")
_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}


def trim(text: str) -> str:
    """strings.TrimSpace."""
    return text.strip(_SPACE)


def atoi(text: str) -> int:
    """strconv.Atoi: decimal digits with an optional sign, 64 bits."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"strconv.Atoi: parsing {quote(text)}: invalid syntax")
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"strconv.Atoi: parsing {quote(text)}: value out of range")
    return number


def int64(number: int) -> int:
    """What is left of a result that may have overflowed."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def quote(text: str) -> str:
    """strconv.Quote, the %q of fmt."""
    return '"' + "".join(map(_quoted_character, text)) + '"'


def _quoted_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte outside UTF-8, as Python's surrogateescape holds it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def split_key(key: str) -> tuple[str, str]:
    """cache.SplitMetaNamespaceKey: "namespace/name" or "name" -> (namespace or "", name)."""
    parts = key.split("/")
    if len(parts) > 2:
        raise ValueError(f"unexpected key format: {quote(key)}")
    return ("", parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def network(spec: str) -> str:
    """An address or CIDR in the form Go prints it: host bits cleared, IPv4 in IPv6 shown as IPv4."""
    address, slash, length = spec.partition("/")
    ip = _address(address)
    if ip is None:
        raise ValueError(f"invalid CIDR address: {spec}")
    if not slash:
        return _shown(ip)
    if not _PREFIX_LENGTH.fullmatch(length) or int(length) > ip.max_prefixlen:
        raise ValueError(f"invalid CIDR address: {spec}")
    return _masked(ip, int(length))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _shown(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def _masked(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int) -> str:
    shift = ip.max_prefixlen - length
    base = type(ip)(int(ip) >> shift << shift)
    mapped = getattr(base, "ipv4_mapped", None)
    # A mapped address prints its last 32 bits and so many bits of the mask as fall there.
    return f"{mapped}/{max(length - 96, 0)}" if mapped else f"{base}/{length}"


def networks(text: str) -> list[str]:
    """Comma separated addresses and CIDRs, sorted, each once."""
    return sorted({network(trim(spec)) for spec in text.split(",")})


def list_shown(words: tuple[str, ...] | list[str]) -> str:
    """The %v of a []string."""
    return f"[{' '.join(words)}]"
