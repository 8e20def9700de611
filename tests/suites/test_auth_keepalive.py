"""The auth server goes by its URL in a suite, also where nginx keeps connections to it in an upstream of its own."""

from __future__ import annotations

from pathlib import Path

from tests.support.commands import Command
from tests.support.estates import config_map, estate_text, ingress, served

SUITE = """
manifests: [all.yaml]
services:
  http://auth.example.com/check: 401
tests:
  - {request: http://web.example.com/, expect: {status: 401}}
  - {request: http://web.example.com/, services: {http://auth.example.com/check: 200}, expect: {status: 200}}
"""


def test_a_url_names_the_auth_server_behind_auth_keepalive(nginxsim: Command, tmp_path: Path) -> None:
    guarded = ingress(annotations={"auth-url": "http://auth.example.com/check", "auth-keepalive": "5"})
    for http2 in ("true", "false"):
        text = estate_text(*served("web"), guarded, config_map({"use-http2": http2}))
        (tmp_path / "all.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "auth.nginxsim.yaml").write_text(SUITE, encoding="utf-8")
        run = nginxsim("test", str(tmp_path))
        assert run.status == 0, run.out
