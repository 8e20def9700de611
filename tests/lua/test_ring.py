"""The hash ring against figures of the original: its own test suite and endpoints that the real controller chose."""

from __future__ import annotations

from collections import Counter

import pytest

from nginxsim.lua.chash import Ring, ring
from nginxsim.lua.sticky import backend_key


def test_distribution_of_the_originals_test_suite() -> None:
    # lua-resty-balancer: t/chash.t, TEST 1
    servers = Ring({"server1": 10, "server2": 2, "server3": 1})
    assert Counter(servers.find(str(key)) for key in range(1, 100_001)) == {
        "server1": 77075,
        "server2": 14743,
        "server3": 8182,
    }


def test_a_new_node_only_takes_keys_and_moves_no_others() -> None:
    before, after = ring(("10.0.0.1:80", "10.0.0.2:80")), ring(("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"))
    moved = [key for key in map(str, range(2000)) if before.find(key) != after.find(key)]
    assert moved
    assert {after.find(key) for key in moved} == {"10.0.0.3:80"}


# What the real controller's nginx chose of the endpoints 127.0.N.1 to .3 on port 8080.
CHOSEN = (
    (1, "/a", 1),
    (1, "/b", 1),
    (1, "/c", 1),
    (1, "/a?x=1", 1),
    (2, "ann", 3),
    (2, "bob", 3),
    (2, "cy", 1),
    (2, "", 3),
    (3, "mixed.flint.example-shard-1", 1),
    (3, "mixed.flint.example-shard-2", 2),
    (4, "everyone", 3),
)


@pytest.mark.parametrize(("group", "key", "endpoint"), CHOSEN)
def test_endpoints_that_the_real_one_chose(group: int, key: str, endpoint: int) -> None:
    nodes = tuple(f"127.0.{group}.{number}:8080" for number in (1, 2, 3))
    assert ring(nodes).find(key) == f"127.0.{group}.{endpoint}:8080"


def test_session_cookies_name_the_backend_that_gave_them_out() -> None:
    assert backend_key("default-canary-80") == "3b420048e30282d05b8edd725b285f76"
