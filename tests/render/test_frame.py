"""What the whole estate makes of the parts of nginx.conf that belong to no server."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nginxsim import Host
from tests.support.estates import Object, estate, ingress, service


def values(directive: str, *objects: Object, **controller: Any) -> list[str]:
    """The arguments of each such directive in the file."""
    text = estate(service(), *objects, **controller).nginx_conf()
    return re.findall(rf"^ *{directive} +(.*);", text, re.MULTILINE)


def named(length: int) -> str:
    """A host name of so many letters, in labels that are not too long."""
    return ("a" * 30 + ".") * (length // 31) + "b" * (length % 31)


@pytest.mark.parametrize(
    ("letters", "size"), [(10, "32"), (14, "32"), (15, "64"), (46, "64"), (47, "128"), (110, "128"), (111, "256")]
)
def test_the_bucket_of_server_names_holds_the_longest(letters: int, size: str) -> None:
    sizes = {"server-name-hash-bucket-size": "1"}
    assert values("server_names_hash_bucket_size", ingress(host=named(letters)), settings=sizes) == [size]


def test_www_and_aliases_count_for_the_bucket_too() -> None:
    www = ingress(host=named(43), annotations={"from-to-www-redirect": "true"})
    assert values("server_names_hash_bucket_size", www) == ["128"]
    alias = ingress(annotations={"server-alias": named(47)})
    assert values("server_names_hash_bucket_size", alias) == ["128"]


def test_a_larger_bucket_of_the_config_map_stays() -> None:
    assert values("server_names_hash_bucket_size", ingress(), settings={"server-name-hash-bucket-size": "512"}) == [
        "512"
    ]


@pytest.mark.parametrize(("hosts", "size"), [(16, "1024"), (17, "2048")])
def test_the_table_of_server_names_holds_them_all(hosts: int, size: str) -> None:
    """16 names of 64 letters with "_" are 1025 letters."""
    names = [f"{n:02}{named(62)}" for n in range(hosts - 1)] + ["c" * 63]
    assert values("server_names_hash_max_size", ingress(rules=dict.fromkeys(names, "/"))) == [size]


@pytest.mark.parametrize(("open_files", "limit"), [(20000, "18976"), (2000, "1024"), (1500, "1024")])
def test_workers_may_open_what_the_host_allows_less_a_reserve(open_files: int, limit: str) -> None:
    host = Host(cpus=4, open_files=open_files)
    assert values("worker_rlimit_nofile", ingress(), host=host) == [limit]
    connections = values("worker_connections", host=host, settings={"max-worker-connections": "0"})
    assert connections == [str(int(limit) * 3 // 4)]


def test_the_catch_all_forgets_where_redirects_go() -> None:
    settings = {"proxy-redirect-from": "http://", "proxy-redirect-to": "https://"}
    assert values("proxy_redirect", ingress(), settings=settings) == ["http:// ", "http:// https://"]
