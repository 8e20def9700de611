"""The files the controller writes beside nginx.conf, by the path the conf names them with."""

from __future__ import annotations

from nginxsim.controller.model import Model

IMAGE = {f"/usr/local/nginx/html/{name}.html": b"<html></html>" for name in ("index", "50x")}
"""The pages that nginx is installed with (images/nginx/rootfs/build.sh: make install)."""


def files_of(model: Model) -> dict[str, bytes]:
    """Path -> content: password files, client CAs and revocation lists, key pairs for upstreams."""
    files: dict[str, bytes] = dict(IMAGE)
    for server in model.servers.values():
        for certificate in (server.traits.client_certificate.certificate, server.traits.proxy_tls.certificate):
            files[certificate.ca_file] = certificate.ca_pem
            files[certificate.crl_file] = certificate.crl_pem
        for location in server.locations:
            auth = location.annotations.basic_auth
            files[auth.file] = auth.content
            proxy = location.annotations.proxy_tls.certificate
            files[proxy.ca_file] = proxy.ca_pem
    files.pop("", None)
    return files
