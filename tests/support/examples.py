"""Examples in the catalogue's shorthand as estates, with Services and certificates beside them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from nginxsim.catalogue import Example
from nginxsim.catalogue.examples import Written, example_of
from nginxsim.simulation import Simulation, simulate
from tests.support.certificates import issue
from tests.support.estates import endpoints, manifests, secret, service

MADE = re.compile(r"'?<(certificate|key|bundle) of ([\w.-]+)(?:, (expired|\d+ days left))?>'?")
MADE_AS = {"certificate": "tls.crt", "key": "tls.key", "bundle": "tls.crt"}
HTTP = [{"name": "http", "port": 80, "targetPort": 8080}]
SERVICES = manifests(
    *(service(name, selector={"app": name}, ports=HTTP) for name in ("web", "api", "other")),
    *(endpoints(name, f"10.1.0.{n}", port_name="http") for n, name in enumerate(("web", "api", "other"), 1)),
)


@cache
def certificate(name: str, days: int = 300) -> dict[str, str]:
    """tls.crt and tls.key of a certificate for `name` that ends in so many days."""
    party = issue(name, name, days=(-400, days))
    return {"tls.crt": party.pem, "tls.key": party.key_pem}


def known() -> str:
    """Secrets that examples may name: a CA, and the certificate of shop.example.com."""
    ca = secret("known-ca", ca_crt=certificate("ca")["tls.crt"])
    return manifests(ca, secret("known-tls", **certificate("shop.example.com")))


def filled(text: str) -> str:
    """Manifests with a certificate or a key wherever they have `<certificate of shop.example.com, 5 days left>`.

    A bundle is a certificate in base64.
    """
    return MADE.sub(_made, text)


def _made(found: re.Match[str]) -> str:
    pem = certificate(found[2], _days(found[3]))[MADE_AS[found[1]]]
    return json.dumps(b64encode(pem.encode()).decode() if found[1] == "bundle" else pem)


def _days(left: str | None) -> int:
    return 300 if left is None else -1 if left == "expired" else int(left.partition(" ")[0])


def simulated(folder: Path, text: str, flags: Sequence[str] = (), *, alone: bool = False) -> Simulation:
    """The manifests; beside them, unless they are to be alone, two Secrets and the Services web, api and other."""
    path = folder / "manifests.yaml"
    text = filled(text)
    path.write_text("---\n".join((text,) if alone else (known(), SERVICES, text)), encoding="utf-8")
    return simulate([path], flags=flags)


def example(written: Written | Sequence[Written]) -> Example:
    found = example_of(written)
    assert found is not None
    return found
