"""Servers for the tests of the webhook; a test that uses one starts a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.webhook import Server, Serving, running


@pytest.fixture(scope="module")
def serving(process: object) -> Serving:
    """`nginxsim admit --serve` while the block runs: (folder for its certificate, more options, paths=)."""
    return running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("webhook")) as server:
        yield server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("strict"), "--strict") as server:
        yield server
