"""How large the fields of HTTP/2 may be: on the wire, where clients write each in the shorter of two ways."""

from __future__ import annotations

import pytest

from nginxsim import Request, Verdict, simulate
from nginxsim.nginx.router import Router
from nginxsim.nginx.tree import parse_conf
from nginxsim.sources import File
from tests.support.estates import estate_text, ingress, served

CONF = "http { server { listen 80; http2 on; large_client_header_buffers 4 8k; return 204; } }"
COMPRESSED = "the client's compression brings each field below 8192 bytes"


@pytest.mark.parametrize(
    ("letter", "count", "status"),
    [("a", 13107, 204), ("a", 13108, None), ("~", 8192, 204), ("~", 8193, None), ("Z", 8192, 204), ("Z", 8193, None)],
)
def test_a_field_has_to_fit_into_a_buffer_once_it_is_coded(letter: str, count: int, status: int | None) -> None:
    # as nginx 1.31.3 answers to curl 7.88
    request = Request(host="h", headers=[("x-b", letter * count)], http_version="2")
    (outcome,) = Router(parse_conf(CONF)).route(request)
    assert outcome.status == status
    assert (COMPRESSED in outcome.assumptions) is (count > 8192 and status == 204)


def asked(release: str, size: int) -> Verdict:
    estate = File("estate.yaml", estate_text(*served("web"), ingress()))
    headers = [("X-Long", "~" * size)]
    request = Request(host="web.example.com", scheme="https", headers=headers, http_version="2")
    return simulate([estate], release=release).route(request)


def test_nginx_before_1_19_7_has_sizes_of_http2s_own() -> None:
    assert [asked("0.46.0", size).status for size in (4096, 4097)] == [200, None]
    assert [asked("0.47.0", size).status for size in (4097, 8192, 8193)] == [200, 200, None]
