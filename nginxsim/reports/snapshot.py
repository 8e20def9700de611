"""What a cluster told, as one file of manifests, without what Secrets hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nginxsim.config.settings import DH_PARAMETERS, dh_param_file
from nginxsim.kube.blanking import blanked
from nginxsim.kube.live import name_of
from nginxsim.kube.objects import Secret
from nginxsim.kube.written import as_yaml
from nginxsim.simulation import Simulation


def snapshot(simulations: Sequence[Simulation]) -> str:
    """Asked as a PATH, it answers as the cluster did.

    simulations: one of each controller, which may name objects that the others do not.
    """
    texts: dict[str, str] = {}
    for simulation in simulations:
        texts |= {name: text for name, text in _texts(simulation).items() if name not in texts}
    return "---\n".join(texts.values())


def _texts(simulation: Simulation) -> dict[str, str]:
    """By the names of what the cluster told."""
    secrets = {name_of("Secret", _named(each)): each for each in simulation.given.secrets.values()}
    return {
        file.name: as_yaml(_blanked(secrets[file.name], simulation)) if file.name in secrets else file.text
        for file in simulation.given.stored
    }


def _named(secret: Secret) -> dict[str, str]:
    return {"namespace": secret.meta.namespace, "name": secret.meta.name}


def _blanked(secret: Secret, simulation: Simulation) -> Mapping[str, Any]:
    created = datetime.fromtimestamp(secret.meta.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if DH_PARAMETERS in secret.data and not dh_param_file(simulation.given, secret.meta.key):
        secret = replace(secret, data={name: value for name, value in secret.data.items() if name != DH_PARAMETERS})
    return blanked(secret, simulation.certificates.facts(secret.meta.key), created)
