"""Secrets without what they hold: the names of their values, and what is public of a certificate among them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nginxsim.kube.objects import Hidden, PublicFacts, Secret

NOTE = "nginxsim.dev/certificate"
"""The annotation with the facts."""
BLANK = "ENC[blank]"
"""What stands for a value: it is read as one that is encrypted."""
ALWAYS_THERE = frozenset({"tls.crt", "tls.key", "auth"})
"""Values that count as there although they are empty."""


def blanked(secret: Secret, facts: PublicFacts | None, created: str) -> Mapping[str, Any]:
    """As a manifest. created: its creationTimestamp."""
    metadata = {"name": secret.meta.name, "namespace": secret.meta.namespace, "uid": secret.meta.uid}
    noted = {"annotations": {NOTE: json.dumps(asdict(facts))}} if facts else {}
    data: str | dict[str, str] = {name: BLANK for name, value in secret.data.items() if value or name in ALWAYS_THERE}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**metadata, "creationTimestamp": created, **noted},
        "type": secret.type,
        "data": BLANK if secret.hidden is Hidden.ALL else data,
    }


def facts_in(annotations: Mapping[str, str]) -> PublicFacts | None:
    """None where nothing is noted, or what is no note."""
    try:
        noted = json.loads(annotations.get(NOTE, ""))
        return PublicFacts(
            str(noted["sha1"]),
            str(noted["common_name"]),
            tuple(map(str, noted["dns_names"])),
            tuple(map(str, noted["addresses"])),
            float(noted["expires"]),
            str(noted["refusal"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
