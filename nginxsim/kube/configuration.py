"""ConfigMap, Secret and Namespace."""

from __future__ import annotations

import base64
import binascii

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import ConfigMap, Meta, Namespace, Secret


def read_config_map(document: Fields, meta: Meta) -> ConfigMap:
    data = document.fields("data")
    return ConfigMap(meta, data.texts(), data.origins(), data.name_origins())


def read_secret(document: Fields, meta: Meta) -> Secret:
    """`stringData` wins over `data`, as on the API server."""
    encoded = document.fields("data")
    data = {name: _decoded(encoded, name, text) for name, text in encoded.texts().items()}
    data.update({name: text.encode() for name, text in document.fields("stringData").texts().items()})
    return Secret(meta, document.text("type") or "Opaque", data)


def _decoded(fields: Fields, name: str, text: str) -> bytes:
    """What is no base64 was hardly meant as anything but the text itself."""
    if text.startswith("ENC["):
        fields.refuse(name, "still encrypted with SOPS: decrypt the manifests first")
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return text.encode(errors="surrogatepass")


def read_namespace(_document: Fields, meta: Meta) -> Namespace:
    return Namespace(meta)
