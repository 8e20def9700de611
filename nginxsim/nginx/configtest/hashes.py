"""nginx's hash tables: the sizes have to make sense, and a name has to fit into one bucket."""

# nginx 1.27.1: src/core/ngx_hash.c (ngx_hash_init, ngx_hash_key)

from __future__ import annotations

from collections.abc import Collection, Iterable

from nginxsim.nginx.configtest.values import CACHE_LINE

POINTER = 8
LARGEST = 65536 - CACHE_LINE
WORD = (1 << 64) - 1


def aligned(size: int, to: int = CACHE_LINE) -> int:
    return -(-size // to) * to


def _element(name: str) -> int:
    """NGX_HASH_ELT_SIZE: bytes that a name takes in its bucket."""
    return POINTER + aligned(len(name.encode(errors="replace")) + 2, POINTER)


def too_long(names: Iterable[str], bucket: int) -> str | None:
    """The first name that a bucket of this size (in bytes, as configured) cannot hold."""
    room = aligned(bucket) - POINTER
    return next((name for name in names if _element(name) > room), None)


def complaint(title: str, names: Collection[str], max_size: int, bucket: int) -> str:
    """Why nginx cannot build the table that messages call `title`; "" when it can."""
    bucket = aligned(bucket)
    why = ""
    if max_size == 0:
        why = f"you should increase {title}_max_size: 0"
    elif bucket > LARGEST:
        why = f"too large {title}_bucket_size: {bucket}"
    elif too_long(names, bucket) is not None:
        why = f"you should increase {title}_bucket_size: {bucket}"
    elif _overflows(names, max_size):
        why = f"you should increase {title}_max_size: {max_size}"
    return f"could not build {title}, {why}" if why else ""


def _overflows(names: Collection[str], max_size: int) -> bool:
    """Whether a bucket grows past what nginx can count; only huge tables with few buckets do."""
    if sum(map(_element, names)) <= LARGEST:
        return False
    buckets: dict[int, int] = {}
    for name in names:
        key = 0
        for byte in name.encode(errors="replace"):
            key = (key * 31 + byte) & WORD
        key %= max_size
        buckets[key] = buckets.get(key, POINTER) + _element(name)
    return max(buckets.values()) > LARGEST
