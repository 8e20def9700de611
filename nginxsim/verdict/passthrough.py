"""--enable-ssl-passthrough: the controller's own listener before nginx, which reads the TLS name and nothing else.

ingress-nginx 1.15.1: pkg/tcpproxy/tcp.go, internal/ingress/controller/nginx.go (generateTemplate)
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nginxsim.controller.model import PassthroughBackend
from nginxsim.controller.traits import ServerTrait
from nginxsim.nginx.exchange import AnswerFunction, Answering, Failure, Request, UpstreamRequest, or_fine
from nginxsim.nginx.steps import Phase
from nginxsim.origins import Source
from nginxsim.verdict.causes import cause
from nginxsim.verdict.types import Cause, Evidence, Explained, Finding, Outcome, Stood, TraceStep, Verdict

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

ANNOTATION = "ssl-passthrough"
UNOPENED = "nginx sees neither the request nor the answer; the service speaks TLS with the client"


class PassthroughFront:
    """Decides who gets a TLS connection: a service, or nginx on its port behind this front."""

    def __init__(self, estate: Simulation) -> None:
        self._estate = estate
        self._port = estate.controller.flags.https_port
        self._backends: dict[str, PassthroughBackend] = {}
        for backend in estate.model.passthrough_backends:
            if backend.service is not None:
                self._backends.setdefault(backend.hostname, backend)

    def verdict(self, request: Request, answer: AnswerFunction | None) -> Verdict | None:
        """The verdict where the connection is passed through; None where nginx gets it."""
        if request.scheme != "https" or request.port not in (None, self._port):
            return None
        backend = self._backends.get(request.tls_name)
        return None if backend is None else self._passed(request, backend, or_fine(answer))

    def _passed(self, request: Request, backend: PassthroughBackend, answer: Answering) -> Verdict:
        sent = UpstreamRequest(
            backend.backend,
            (_address(backend),),
            "https",
            request.method,
            request.path,
            request.host or "",
            list(request.headers),
        )
        given = answer(sent)
        outcome = Outcome(
            1.0,
            None if given.failed else given.status,
            [] if given.failed else list(given.headers),
            sent,
            (),
            (*self._estate.assumptions, UNOPENED),
            Explained(partial(self._cause, backend, given.failed), partial(self._trace, backend)),
        )
        return Verdict(request, [outcome], Stood(partial(self._obstacles, backend)))

    def _obstacles(self, backend: PassthroughBackend) -> tuple[Finding, ...]:
        """Not nginx, which has no part in it."""
        source = self._source(backend)
        return self._estate.obstacles.around([source.origin] if source and source.origin else [])

    def _source(self, backend: PassthroughBackend) -> Source | None:
        """The annotation that asks for it."""
        owner = self._estate.model.servers[backend.hostname].owners.get(ServerTrait.SSL_PASSTHROUGH)
        origin = owner and owner.meta.annotation_origins.get(self._estate.controller.flags.prefix + ANNOTATION)
        return Source("annotation", ANNOTATION, origin, str(owner.meta)) if owner and origin else None

    def _cause(self, backend: PassthroughBackend, failed: Failure | None) -> Cause:
        source = self._source(backend)
        evidence = (Evidence(source.origin, "", ANNOTATION),) if source and source.origin else ()
        if failed:
            return cause("upstream-failed", evidence, service=backend.backend, reason=failed)
        return cause("passed-through", evidence, host=backend.hostname, service=backend.backend)

    def _trace(self, backend: PassthroughBackend) -> tuple[TraceStep, ...]:
        why = f"passed through to {_address(backend)}"
        return (TraceStep(Phase.TLS, backend.hostname, why, source=self._source(backend)),)


def _address(backend: PassthroughBackend) -> str:
    """The Service's own address, by name where the manifests do not have it."""
    service = backend.service
    assert service is not None, "a backend without a Service is nginx's business"
    port = next((each.port for each in service.ports if backend.port in (each.name, each.port)), backend.port)
    name = service.cluster_ip or f"{service.meta.name}.{service.meta.namespace}.svc"
    return f"{name}:{port}"
