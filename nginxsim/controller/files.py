"""The files the controller writes beside nginx.conf, by the path the conf names them with."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.controller.model import Model

IMAGE = {f"/usr/local/nginx/html/{name}.html": b"<html></html>" for name in ("index", "50x")}
"""The pages that nginx is installed with (images/nginx/rootfs/build.sh: make install)."""


def files_of(model: Model) -> dict[str, bytes]:
    """Path -> content: password files, client CAs and revocation lists, key pairs for upstreams."""
    return IMAGE | {path: content for path, content in _written(model) if content is not None}


def unread_files(model: Model) -> frozenset[str]:
    """Those whose content the input holds back."""
    return frozenset(path for path, content in _written(model) if content is None)


def _written(model: Model) -> Iterator[tuple[str, bytes | None]]:
    for server in model.servers.values():
        for certificate in (server.traits.client_certificate.certificate, server.traits.proxy_tls.certificate):
            yield from _bundle(certificate.ca_file, certificate.ca_pem)
            yield from _bundle(certificate.crl_file, certificate.crl_pem)
        for location in server.locations:
            auth = location.annotations.basic_auth
            if auth.file:
                yield auth.file, auth.content
            own = location.annotations.proxy_tls.certificate
            yield from _bundle(own.ca_file, own.ca_pem)


def _bundle(path: str, pem: bytes) -> Iterator[tuple[str, bytes | None]]:
    """A bundle is never empty, unless it is held back."""
    if path:
        yield path, pem or None
