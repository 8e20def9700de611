"""ConfigMap, Secret, Namespace and Node."""

from __future__ import annotations

import base64
import binascii

from nginxsim.kube.blanking import facts_in
from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import ConfigMap, Hidden, Meta, Namespace, Node, Secret


def read_config_map(document: Fields, meta: Meta) -> ConfigMap:
    data = document.fields("data")
    return ConfigMap(meta, data.texts(), data.origins(), data.name_origins())


def read_secret(document: Fields, meta: Meta) -> Secret:
    """`stringData` wins over `data`, as on the API server. What SOPS encrypted has its keys, and values unknown."""
    if document.text("data").startswith(_ENCRYPTED):
        return Secret(meta, hidden=Hidden.ALL)
    encoded, plain = document.fields("data").texts(), document.fields("stringData").texts()
    kind = document.text("type") or "Opaque"
    if any(text.startswith(_ENCRYPTED) for text in (kind, *encoded.values(), *plain.values())):
        names = dict.fromkeys((*encoded, *plain), b"")
        return Secret(
            meta,
            "Opaque" if kind.startswith(_ENCRYPTED) else kind,
            names,
            Hidden.VALUES,
            facts=facts_in(meta.annotations),
        )
    data = {name: _decoded(text) for name, text in encoded.items()}
    data.update({name: text.encode() for name, text in plain.items()})
    return Secret(meta, kind, data)


_ENCRYPTED = "ENC["
"""What a value begins with that SOPS encrypted."""


def _decoded(text: str) -> bytes:
    """What is no base64 was hardly meant as anything but the text itself."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return text.encode(errors="surrogatepass")


def read_namespace(_document: Fields, meta: Meta) -> Namespace:
    return Namespace(meta)


def read_node(_document: Fields, meta: Meta) -> Node:
    return Node(meta)
