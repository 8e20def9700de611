"""Caches before nginx: what each keeps of its own accord. Times in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from nginxsim.around.caching import Policy

_MINUTE, _HOUR, _DAY = 60, 3600, 86400

# docs.cloud.google.com/cdn/docs/caching: static content by its Content-Type, and the headers that Vary may name
_GOOGLE_STATIC = re.compile(
    r"(?:font|image|video|audio)/|text/(?:css|ecmascript|javascript)\b|application/(?:javascript|pdf|postscript)\b"
)
_GOOGLE_VARY = frozenset(
    {
        "accept",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "origin",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "x-goog-allowed-resources",
        "x-origin",
    }
)
# docs.cloud.google.com/cdn/docs/using-negative-caching
_GOOGLE_FAILURES = {
    **dict.fromkeys((300, 301, 308), 10 * _MINUTE),
    **dict.fromkeys((404, 410, 451), 2 * _MINUTE),
    **dict.fromkeys((405, 501), _MINUTE),
}
_GOOGLE = Policy(
    "Cloud CDN",
    "https://docs.cloud.google.com/cdn/docs/caching",
    "a custom response header with {cdn_cache_status}",
    {**dict.fromkeys((200, 203, 204, 206), _HOUR), **dict.fromkeys((302, 307, 421), 0)},
    negative=_GOOGLE_FAILURES,
    types=_GOOGLE_STATIC,
    max_ttl=_DAY,
    stale=_DAY,
    methods=frozenset({"GET"}),
    vary=_GOOGLE_VARY,
    stale_word="stale-while-revalidate",
    refuses=("no-store", "private", "no-cache"),
)
_FILES = frozenset(
    {
        "7z",
        "avi",
        "avif",
        "apk",
        "bin",
        "bmp",
        "bz2",
        "class",
        "css",
        "csv",
        "doc",
        "docx",
        "dmg",
        "ejs",
        "eot",
        "eps",
        "exe",
        "flac",
        "gif",
        "gz",
        "ico",
        "iso",
        "jar",
        "jpg",
        "jpeg",
        "js",
        "mid",
        "midi",
        "mkv",
        "mp3",
        "mp4",
        "ogg",
        "otf",
        "pdf",
        "pict",
        "pls",
        "png",
        "ppt",
        "pptx",
        "ps",
        "rar",
        "svg",
        "svgz",
        "swf",
        "tar",
        "tif",
        "tiff",
        "ttf",
        "webm",
        "webp",
        "woff",
        "woff2",
        "xls",
        "xlsx",
        "zip",
        "zst",
    }
)
_CLOUDFLARE = Policy(
    "Cloudflare",
    "https://developers.cloudflare.com/cache/concepts/default-cache-behavior/",
    "CF-Cache-Status",
    {
        **dict.fromkeys((200, 206, 301), 120 * _MINUTE),
        **dict.fromkeys((302, 303), 20 * _MINUTE),
        **dict.fromkeys((404, 410), 3 * _MINUTE),
    },
    extensions=_FILES,
    stale_word="stale-if-error",
    refuses=("no-store", "private", "no-cache"),
)
_FASTLY = Policy(
    "Fastly",
    "https://www.fastly.com/documentation/guides/concepts/cache/cache-freshness",
    "X-Cache",
    dict.fromkeys((200, 203, 300, 301, 302, 404, 410), _HOUR),
    heeds_authorization=False,
    refuses=("private",),
)


def _named() -> Iterator[tuple[str, Policy]]:
    yield "gcp-cdn", _GOOGLE
    yield "gcp-cdn:use-origin-headers", replace(_GOOGLE, types=None, needs_word=True, max_ttl=0)
    yield "gcp-cdn:force-cache-all", replace(_GOOGLE, types=None, forced=True, max_ttl=0)
    yield "cloudflare", _CLOUDFLARE
    yield "fastly", _FASTLY


POLICIES: Mapping[str, Policy] = dict(_named())
"""By the name that hops give their cache."""
