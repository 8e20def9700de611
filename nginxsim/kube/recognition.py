"""By what a container that runs the controller is known.

ingress-nginx 1.15.1: rootfs/Dockerfile, charts/ingress-nginx/templates/_params.tpl
"""

from __future__ import annotations

import re
from collections.abc import Sequence

BINARY = "/nginx-ingress-controller"
REFERENCE = re.compile(r"(?P<name>[^@]*?)(?::(?P<tag>[^:/@]+))?(?:@.*)?")
"""Of an image."""
# Also what mirrors and distributors call it: rancher/nginx-ingress-controller, .../ingress-nginx/controller-chroot.
_IMAGE = re.compile(
    r"(?:.*/)?(?:ingress-nginx/controller(?:-chroot)?|nginx-ingress-controller|ingress-nginx-controller)"
)


def runs_controller(image: str, words: Sequence[str]) -> bool:
    """By its image and its command with arguments: it runs the program, or is called so and runs nothing else."""
    if any(BINARY in word for word in words):
        return True
    return "ingress" in image and _is_called_so(image) and (not words or words[0].startswith("-"))


def _is_called_so(image: str) -> bool:
    found = REFERENCE.fullmatch(image)
    return found is not None and _IMAGE.fullmatch(found["name"]) is not None
