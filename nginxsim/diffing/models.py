"""What the controller decides otherwise: hosts, the state of Ingress paths, backends, certificates, files, ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from nginxsim.config.settings import BOOKKEEPING
from nginxsim.controller.model import DEFAULT_SERVER, Server, StreamService
from nginxsim.diffing.scope import Estate
from nginxsim.diffing.types import Action, ModelChange
from nginxsim.origins import Origin, Source
from nginxsim.verdict.ingresses import PathState, rows_of
from nginxsim.verdict.wording.controller import notice_words

if TYPE_CHECKING:
    from nginxsim.admission import Review

T = TypeVar("T")
DEFAULT_CERTIFICATE = "the default certificate"

_BACKEND_FIELDS = {
    "noServer": "only a canary",
    "sslPassthrough": "ssl passthrough",
    "load-balance": "load balancing",
    "sessionAffinityConfig": "session affinity",
    "upstreamHashByConfig": "upstream hash",
    "trafficShapingPolicy": "traffic shaping",
    "alternativeBackends": "canaries",
}


def model_changes(old: Estate, new: Estate) -> Iterator[ModelChange]:
    yield from _settings(old, new)
    yield from _hosts(old, new)
    yield from _paths(old, new)
    yield from _backends(old, new)
    yield from _files(old, new)
    yield from _streams(old, new)
    yield from _notices(old, new)
    yield from _rulings(old, new)


def _both(old: Mapping[Any, T], new: Mapping[Any, T]) -> Iterator[tuple[Any, T | None, T | None]]:
    """Key, old value and new value of what differs, sorted by key."""
    for key in sorted({*old, *new}):
        if (before := old.get(key)) != (after := new.get(key)):
            yield key, before, after


def _action(before: object, after: object) -> Action:
    return "added" if before is None else "removed" if after is None else "changed"


def changed_settings(old: Estate, new: Estate) -> Iterator[Source]:
    """Where the ConfigMap keys that differ are set, on the new side if they are."""
    before, after = old.simulation.controller.settings, new.simulation.controller.settings
    for key in _setting_keys(old, new):
        source = after.source(key)
        yield source if source.origin else before.source(key)


def _setting_keys(old: Estate, new: Estate) -> Iterator[str]:
    before, after = old.simulation.controller.settings, new.simulation.controller.settings
    for field in fields(before):
        if field.name not in BOOKKEEPING and getattr(before, field.name) != getattr(after, field.name):
            yield field.name.replace("_", "-")


def _settings(old: Estate, new: Estate) -> Iterator[ModelChange]:
    for key, source in zip(_setting_keys(old, new), changed_settings(old, new), strict=True):
        name = key.replace("-", "_")
        was, now = (_plain(getattr(estate.simulation.controller.settings, name)) for estate in (old, new))
        yield ModelChange("setting", "changed", key, was, now, source.origin)


def _hosts(old: Estate, new: Estate) -> Iterator[ModelChange]:
    for name in sorted({*old.servers, *new.servers}):
        before, after = old.servers.get(name), new.servers.get(name)
        shown = "any other host" if name == DEFAULT_SERVER else name
        if before is None or after is None:
            origin = (after or before or Server(name, ())).origin
            yield ModelChange("host", _action(before, after), shown, origin=origin)
            continue
        if before.traits.aliases != after.traits.aliases:
            yield ModelChange("host", "changed", shown, _aliases(before), _aliases(after), after.origin)
        was, now = (estate.certificate(name) or DEFAULT_CERTIFICATE for estate in (old, new))
        if was != now:
            yield ModelChange("certificate", "changed", shown, was, now, after.origin)
        if before.traits.ssl_passthrough != after.traits.ssl_passthrough:
            texts = ["passed through" if server.traits.ssl_passthrough else "ended here" for server in (before, after)]
            yield ModelChange("host", "changed", shown, f"TLS {texts[0]}", f"TLS {texts[1]}", after.origin)


def _aliases(server: Server) -> str:
    return f"also {', '.join(server.traits.aliases)}" if server.traits.aliases else "no aliases"


def _paths(old: Estate, new: Estate) -> Iterator[ModelChange]:
    before, after = (_rows(estate) for estate in (old, new))
    texts = ({key: _state(row) for key, row in rows.items()} for rows in (before, after))
    for key, was, now in _both(*texts):
        host, path, owner, _ = key
        row = after.get(key) or before[key]
        yield ModelChange("path", _action(was, now), f"{host}{path} of {owner}", was or "", now or "", row.origin)


def _rows(estate: Estate) -> dict[tuple[str, str, str, int], PathState]:
    """By host, path and Ingress; a path that an Ingress names twice is counted."""
    found: dict[tuple[str, str, str, int], PathState] = {}
    for row in rows_of(estate.simulation):
        name = (row.host, row.path, f"{row.namespace}/{row.name}")
        number = 0
        while (*name, number) in found:
            number += 1
        found[*name, number] = row
    return found


def _state(row: PathState) -> str:
    reason = f" ({row.reason})" if row.reason else ""
    endpoints = "1 endpoint" if row.endpoints == 1 else f"{row.endpoints} endpoints"
    return f"{row.state}{reason}, {row.service}, {endpoints}"


def _backends(old: Estate, new: Estate) -> Iterator[ModelChange]:
    for name, before, after in _both(old.backends, new.backends):
        origin = _backend_origin(new if after else old, name)
        if before is None or after is None:
            yield ModelChange("backend", _action(before, after), name, _served_by(before), _served_by(after), origin)
            continue
        if before.get("endpoints") != after.get("endpoints"):
            yield ModelChange("backend", "changed", name, _served_by(before), _served_by(after), origin)
        for field, words in _BACKEND_FIELDS.items():
            if before.get(field) != after.get(field):
                was, now = (f"{words}: {_plain(backend.get(field))}" for backend in (before, after))
                yield ModelChange("backend", "changed", name, was, now, origin)


def _backend_origin(estate: Estate, name: str) -> Origin | None:
    backend = estate.simulation.model.backends.get(name)
    return backend.origin if backend else None


def _served_by(backend: Mapping[str, Any] | None) -> str:
    if backend is None:
        return ""
    peers = [f"{endpoint['address']}:{endpoint['port']}" for endpoint in backend.get("endpoints") or ()]
    return ", ".join(peers) or "no endpoints"


def _plain(value: Any) -> str:
    """Filled fields as name=value; "none" for nothing."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        filled = (f"{name}={_plain(part)}" for name, part in value.items() if part and _plain(part) != "none")
        return " ".join(filled) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)


def _files(old: Estate, new: Estate) -> Iterator[ModelChange]:
    """Password files and CA bundles, named and never shown."""
    for path, before, after in _both(old.simulation.files, new.simulation.files):
        yield ModelChange("file", _action(before, after), path)


def _streams(old: Estate, new: Estate) -> Iterator[ModelChange]:
    for (protocol, port), before, after in _both(
        *({_port(one): _stream(one) for one in _ports(side)} for side in (old, new))
    ):
        yield ModelChange("stream", _action(before, after), f"{protocol} port {port}", before or "", after or "")


def _ports(estate: Estate) -> tuple[StreamService, ...]:
    return (*estate.simulation.model.tcp_services, *estate.simulation.model.udp_services)


def _port(service: StreamService) -> tuple[str, int]:
    return service.protocol, service.port


def _stream(service: StreamService) -> str:
    count = len(service.endpoints)
    return f"{service.namespace}/{service.name}:{service.service_port}, {count} endpoint{'' if count == 1 else 's'}"


def _notices(old: Estate, new: Estate) -> Iterator[ModelChange]:
    """What the controller only logs."""
    before, after = (
        {(one.code, notice_words(one)): one for one in side.simulation.model.notices} for side in (old, new)
    )
    for code, message in sorted({*before} ^ {*after}):
        notice = before.get((code, message)) or after[code, message]
        action: Action = "removed" if (code, message) in before else "added"
        origin = notice.origins[0] if notice.origins else None
        was, now = (message, "") if action == "removed" else ("", message)
        yield ModelChange("notice", action, code, was, now, origin)


def _rulings(old: Estate, new: Estate) -> Iterator[ModelChange]:
    """What the webhook would let in, or not, at the next change of an Ingress; of one that is new, if it would not."""
    before, after = old.simulation.rulings, new.simulation.rulings
    for key, ruling in after.items():
        was = before.get(key)
        if not ruling.allowed if was is None else was.allowed is not ruling.allowed:
            origin = next(iter((ruling if not ruling.allowed else was or ruling).origins), None)
            yield ModelChange("webhook", _action(was, ruling), key, _ruling(was), _ruling(ruling), origin)


def _ruling(ruling: Review | None) -> str:
    if ruling is None:
        return ""
    return "let in" if ruling.allowed else f"refused ({' '.join(ruling.error.split())})"
