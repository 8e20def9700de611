"""Checking a password against an htpasswd entry.

nginx 1.27.1: src/core/ngx_crypt.c; what it does not know itself goes to the C library's crypt()
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import lru_cache
from hashlib import sha1
from hmac import compare_digest

from nginxsim.nginx.escapes import to_bytes

_CRYPTS = {"$apr1$": "apr_md5_crypt", "$1$": "md5_crypt", "$5$": "sha256_crypt", "$6$": "sha512_crypt"}
"""How an entry begins, and passlib's name for its scheme; any other is des_crypt's."""


MOST_COST, MOST_ROUNDS = 12, 500_000
"""A third of a second each."""
_COST = re.compile(r"\$2[a-z]?\$([0-9]{2})\$")
_ROUNDS = re.compile(r"\$[56]\$rounds=0*+([0-9]++)")


def entry_of(file: bytes, user: str) -> str | None:
    """The hash stored for a user; None when the file has no such user."""
    for line in file.decode("utf-8", "surrogateescape").split("\n"):
        name, colon, rest = line.partition(":")
        if colon and name == user and not line.startswith(("#", "\r")):
            return rest.rstrip("\r").partition(":")[0].partition("\r")[0]
    return None


def is_costly(stored: str) -> bool:
    """Whether a check would take so long that it stops the simulation; nginx would let the C library do it."""
    cost, rounds = _COST.match(stored), _ROUNDS.match(stored)
    return (cost is not None and int(cost[1]) > MOST_COST) or (rounds is not None and _many(rounds[1]))


def _many(digits: str) -> bool:
    return len(digits) > len(str(MOST_ROUNDS)) or int(digits) > MOST_ROUNDS


@lru_cache(maxsize=4096)
def check_password(stored: str, password: str) -> bool:
    secret = to_bytes(password)
    if stored.startswith("{PLAIN}"):
        return compare_digest(to_bytes(stored[7:]), secret)
    if stored.startswith("{SHA}"):
        return compare_digest(stored[5:], b64encode(sha1(secret, usedforsecurity=False).digest()).decode())
    if stored.startswith("{SSHA}"):
        return _check_salted(stored[6:], secret)
    if stored.startswith("$2"):
        return _check_bcrypt(stored, secret)
    return _check_crypt(stored, secret)


def _check_salted(encoded: str, secret: bytes) -> bool:
    try:
        data = b64decode(encoded)
    except (Base64Error, ValueError):
        return False
    return compare_digest(data[:20], sha1(secret + data[20:], usedforsecurity=False).digest())


def _check_bcrypt(stored: str, secret: bytes) -> bool:
    import bcrypt  # noqa: PLC0415  # few requests bring a password

    try:
        return bcrypt.checkpw(secret[:72], stored.encode())
    except ValueError:
        return False


def _check_crypt(stored: str, secret: bytes) -> bool:
    import passlib.hash  # noqa: PLC0415  # few requests bring a password

    scheme = next((name for prefix, name in _CRYPTS.items() if stored.startswith(prefix)), "des_crypt")
    try:
        return bool(getattr(passlib.hash, scheme).verify(secret, stored))
    except (ValueError, TypeError):
        return False
