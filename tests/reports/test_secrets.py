"""Lines of a Secret are quoted without its values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nginxsim.reports import FORMATS
from nginxsim.reports.secrets import without_secrets
from tests.support.commands import run
from tests.support.estates import estate_text, ingress, secret, served

MARK = "SECRETWORD"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("command", ["why", "check"])
def test_no_format_shows_them(command: str, name: str, tmp_path: Path) -> None:
    """The Secret has the wrong key, so that the finding points into it."""
    basic = ingress(annotations={"auth-type": "basic", "auth-secret": "basic"}, tls=[{"secretName": "tls"}])
    values = (
        f'{{apiVersion: v1, kind: Secret, metadata: {{name: basic}}, stringData: {{users: "{MARK}:$apr1${MARK}"}}}}'
    )
    pair = secret(
        "tls", tls_crt=f"{MARK}CRT", tls_key=f"-----BEGIN PRIVATE KEY-----\\n{MARK}\\n-----END PRIVATE KEY-----"
    )
    (tmp_path / "m.yaml").write_text(estate_text(*served(), basic, values, pair))
    asked = ("why", "http://web.example.com/") if command == "why" else ("check",)
    ran = run(*asked, "m.yaml", "-o", name, folder=tmp_path)
    assert ran.status in (0, 1)
    assert MARK not in ran.out + ran.err


def test_everything_else_stays_where_it_is() -> None:
    text = f"kind: Secret\nmetadata: {{name: a}}\ndata:\n  users: {MARK}\n  b: |\n    {MARK}\n---\nkind: Service\n"
    masked = without_secrets("m.yaml", text)
    assert MARK not in masked
    assert list(map(len, masked.splitlines())) == list(map(len, text.splitlines()))
    assert masked.endswith("---\nkind: Service\n")


def test_lists_and_what_was_applied() -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": MARK}
    one = {"kind": "Secret", "metadata": {"name": "a", "annotations": applied}, "data": {"k": MARK}}
    assert MARK not in without_secrets("m.json", json.dumps({"kind": "List", "items": [one]}))


def test_comments_and_values_named_elsewhere() -> None:
    text = (
        f"# {MARK}\nkind: Secret\nmetadata: {{name: a, labels: {{x: &pw {MARK}}}}} # {MARK}\ndata: # {MARK}\n  k: *pw\n"
    )
    masked = without_secrets("m.yaml", f"{text}  # {MARK}\n---\n# here\nkind: Service\n")
    assert MARK not in masked
    assert masked.endswith("# here\nkind: Service\n")
    assert "metadata: {name: a, labels: {x:" in masked


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{MARK}\n-----END RSA PRIVATE KEY-----\n",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{MARK}\n",
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t" + MARK,
    ],
)
def test_private_keys_anywhere(text: str) -> None:
    masked = without_secrets("nginx.conf", f"# a\n{text}")
    assert MARK not in masked
    assert masked.startswith(f"# a\n{text[:10]}")


def test_nothing_is_shown_of_what_cannot_be_read() -> None:
    assert MARK not in without_secrets("m.yaml", f"kind: Secret\ndata: [{MARK}\n")
