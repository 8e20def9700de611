"""What the services behind the ingress answer in a test, and the names they go by there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from nginxsim.controller.model import DEFAULT_UPSTREAM, Model
from nginxsim.golang.url import parse
from nginxsim.kube.documents import documents
from nginxsim.nginx.exchange import Answer, AnswerFunction, UpstreamRequest
from nginxsim.render.auth import auth_upstream
from nginxsim.sources import File
from nginxsim.suites.cases import Played
from nginxsim.suites.fields import ANSWER, FAILURES
from nginxsim.suites.nodes import Value

ANY = "*"
DNS_NAME = re.compile(r"(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc(?:\..+)?")
URL = re.compile(r"(?P<origin>https?://[^/?#]+)(?P<path>/[^?#]*)?")
SERVICE = re.compile(r"[^/\s]+/[^/:\s]+(:[^/:\s]+)?")
DEFAULT_PORTS = {"http": "80", "https": "443"}


def read_services(value: Value | None) -> tuple[Played, ...]:
    """The answers, the most exact path of each service first."""
    found = [played for name, answers in (value.entries() if value else {}).items() for played in _read(name, answers)]
    return tuple(sorted(found, key=lambda played: (played.path.endswith(ANY), -len(played.path))))


def read_written(name: str, text: str) -> tuple[Played, ...]:
    """The same of a text that is called so in messages. Raises InputError."""
    (document,) = documents(File(name, text))
    root = document.root()
    assert root is not None
    return read_services(Value(document.file, root))


def _read(name: str, answers: Value) -> Iterator[Played]:
    url = URL.fullmatch(name)
    if url is None and not SERVICE.fullmatch(name):
        answers.refuse(f'"{name}" is no service; write "namespace/name", "namespace/name:port" or a URL')
    target = url["origin"] if url else name
    if not _by_path(answers):
        yield Played(target, (url and url["path"]) or ANY, _answer(answers), answers.origin)
        return
    if url and url["path"]:
        answers.refuse("a URL with a path has one answer; give the paths below the URL without it")
    for path, answer in answers.entries().items():
        if not path.startswith("/") and path != ANY:
            answer.refuse(f'"{path}" is no path; write "/exact", "/under/*" or "*"')
        yield Played(target, path, _answer(answer), answer.origin)


def _by_path(answers: Value) -> bool:
    """Whether the mapping has paths for keys, rather than the fields of an answer."""
    return answers.is_mapping and any(name.startswith(("/", ANY)) for name in answers.entries())


def _answer(value: Value) -> Answer:
    """A bare number is a status."""
    if not value.is_mapping:
        return Answer(value.number(100, 599))
    given = value.fields(ANSWER)
    if "fails" in given:
        return Answer.failure(given["fails"].one_of(FAILURES))
    headers = given["headers"].entries() if "headers" in given else {}
    lines = tuple((name, line.text()) for name, lines in headers.items() for line in lines.one_or_more())
    return Answer(
        given["status"].number(100, 599) if "status" in given else 200,
        lines,
        body_bytes=given["body_bytes"].number(0) if "body_bytes" in given else None,
    )


class ServiceNames:
    """From the controller's backend names to those that people use."""

    def __init__(self, model: Model) -> None:
        named = {
            name: f"{backend.service.meta.key}:{backend.port}" if backend.port else backend.service.meta.key
            for name, backend in model.backends.items()
            if backend.service is not None and backend.service.meta.name
        }
        self._names = named | dict(_stand_ins(model))
        self._auth_hosts = dict(_auth_upstreams(model))

    def of(self, sent: UpstreamRequest) -> str:
        """ "ns/name:port", else the name as nginx has it: an external host, upstream-default-backend."""
        return self._names.get(sent.service) or self._auth_hosts.get(sent.service, sent.service)

    def all(self, sent: UpstreamRequest) -> set[str]:
        """Every name under which a test may speak of it, URLs without a path among them."""
        names = {sent.service}
        if known := self._names.get(sent.service):
            names |= {known, known.partition(":")[0]}
        if sent.service not in self._names:
            names.update(_external(sent._replace(service=self._auth_hosts.get(sent.service, sent.service))))
        return names


def _stand_ins(model: Model) -> Iterator[tuple[str, str]]:
    """The Services of default-backend annotations; their backends are copies of those that they stand in for."""
    for server in model.servers.values():
        for location in server.locations:
            service = location.annotations.default_backend
            if service is not None and location.default_backend_upstream != DEFAULT_UPSTREAM:
                yield location.default_backend_upstream, f"{service.meta.key}:{service.ports[0].port}"


def _auth_upstreams(model: Model) -> Iterator[tuple[str, str]]:
    """The upstreams that auth-keepalive makes, by their generated names, and the hosts of the URLs behind them."""
    for server in model.servers.values():
        for location in server.locations:
            asked = location.annotations.external_auth
            if asked.url and asked.keepalive_connections:
                yield auth_upstream(server.hostname, location), parse(asked.url).host


def _external(sent: UpstreamRequest) -> Iterator[str]:
    host, _, port = sent.service.partition(":")
    port = port or _port(sent)
    if port == DEFAULT_PORTS.get(sent.protocol):
        yield f"{sent.protocol}://{host}"
    yield f"{sent.protocol}://{host}:{port}"
    if match := DNS_NAME.fullmatch(host):
        yield f"{match['namespace']}/{match['name']}"
        yield f"{match['namespace']}/{match['name']}:{port}"


def _port(sent: UpstreamRequest) -> str:
    ports = {address.rpartition(":")[2] for address in sent.addresses if ":" in address}
    return ports.pop() if len(ports) == 1 else DEFAULT_PORTS.get(sent.protocol, "")


def answers(played: Sequence[Played], names: ServiceNames, heard: Callable[[Played], None]) -> AnswerFunction:
    """The AnswerFunction that plays these services, and no other. `heard` is told what was used."""

    def answer(sent: UpstreamRequest) -> Answer | None:
        called = names.all(sent)
        path = sent.uri.partition("?")[0]
        for one in played:
            if one.target in called and _covers(one.path, path):
                heard(one)
                return one.answer
        return None

    return answer


def _covers(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith(ANY) else path == pattern
