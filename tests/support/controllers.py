"""The controller's own Deployment, as inputs have it."""

from __future__ import annotations

from typing import Any

from tests.support.estates import Object, thing

PROGRAM = "/nginx-ingress-controller"
IMAGE = "mirror.test/ingress-nginx/controller:v1.12.2"


def deployment(
    *args: str,
    image: str = IMAGE,
    name: str = "edge",
    kind: str = "Deployment",
    labels: dict[str, str] | None = None,
    program: str = PROGRAM,
    namespace: str = "infra",
    **container: Any,
) -> Object:
    """`args` follow the program; without one they are all there is."""
    words = {"args": [program, *args] if program else list(args)}
    return thing(
        kind,
        name,
        version="apps/v1",
        namespace=namespace,
        metadata={"labels": labels or {}},
        spec={
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name, "tier": "front"}},
                "spec": {
                    "containers": [
                        {"name": "side", "image": "x"},
                        {"name": "controller", "image": image, **words, **container},
                    ]
                },
            },
        },
    )
