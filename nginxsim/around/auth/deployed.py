"""The oauth2-proxy that a workload of the input runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nginxsim.around.auth.chart import Release
from nginxsim.around.auth.containers import Inner, command_line
from nginxsim.around.auth.known import OAUTH2_PROXY, known_by_name
from nginxsim.around.auth.oauth2_proxy.proxy import OAuth2Proxy
from nginxsim.around.auth.oauth2_proxy.reading import oauth2_proxy
from nginxsim.around.auth.oauth2_proxy.settings import Settings, with_known
from nginxsim.around.auth.oauth2_proxy.versions import NEWEST, OLDEST, Version
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Container, Meta, Word, Workload
from nginxsim.origins import Origin

PROGRAM = "oauth2-proxy"
UNREAD: Mapping[str, str] = {
    "trusted-ip": "holds no address",
    "skip-auth-route": "exempts no path",
    "skip-auth-regex": "exempts no path",
    "email-domain": "holds everybody",
    "allowed-group": "is not asked for",
    "reverse-proxy": "is off",
}
"""What is taken of an option that a request may hang on, where nobody knows its value."""
VERSION_LABEL = "app.kubernetes.io/version"
_TAG = re.compile(r"(?:.*/)?[^@/]*?:(?P<tag>[^:/@]+)(?:@.*)?")


@dataclass(frozen=True)
class Deployed:
    """One oauth2-proxy of the input, and what is taken for granted of it.

    owner: what runs it, or asks for its chart; None where the input has neither. image_origin: where its version is
    written. containers: of its Pod.
    """

    called: str
    proxy: OAuth2Proxy
    taken: tuple[str, ...] = ()
    owner: Meta | None = None
    image_origin: Origin | None = None
    containers: int = 1


def container_of(workload: Workload) -> Container | None:
    """The one that runs oauth2-proxy."""
    return next((each for each in workload.containers if _runs_it(each)), None)


def _runs_it(container: Container) -> bool:
    if container.inside is None:
        return False
    words = [word.text for word in container.words[:1]]
    return known_by_name([container.image, *words]) is OAUTH2_PROXY


def deployed(cluster: Cluster, workload: Workload, container: Container) -> Deployed:
    version, of_version = _version(workload, container)
    called, inner = str(workload.meta), Inner(cluster, workload.meta.namespace, container)
    words = command_line(container, PROGRAM)
    taken = list(of_version)
    if words is None:
        taken.append(f"{called} starts through a shell: its flags are not read")
        return Deployed(
            called,
            OAuth2Proxy(unknown_settings(), version),
            tuple(taken),
            workload.meta,
            container.image_origin,
            len(workload.containers),
        )
    for each in inner.missing:
        name = f"{each.kind} {workload.meta.namespace}/{each.name}"
        taken.append(f"{name} is not in the input: what it tells {called} is not known")
    proxy = oauth2_proxy(_filled(words, inner), inner.variables, version, inner.file, is_open=bool(inner.missing))
    taken += _unread(proxy, called)
    return Deployed(called, proxy, tuple(taken), workload.meta, container.image_origin, len(workload.containers))


def _filled(words: tuple[Word, ...], inner: Inner) -> tuple[Word, ...]:
    """With the variables that only ConfigMaps and Secrets of the input know."""
    return tuple(_with_variables(word, inner) if word.unknown else word for word in words)


def _with_variables(word: Word, inner: Inner) -> Word:
    text, unknown = word.text, []
    for name in word.unknown:
        value = inner.variables.get(name)
        if value is None or value.unknown:
            unknown.append(name)
        else:
            text = text.replace(f"$({name})", value.text)
    return Word(text, word.origin, tuple(unknown))


def _unread(proxy: OAuth2Proxy, called: str) -> list[str]:
    """What a request may hang on and nobody knows."""
    told = []
    for name, instead in UNREAD.items():
        setting = proxy.settings[name]
        if not setting.is_known:
            told.append(f"{setting.called} of {called} {instead}: only the cluster knows its value")
    if proxy.listens_to_itself and not proxy.settings.is_open:
        told.append(f"{called} listens where nginx reaches it, though http-address is {proxy.address}")
    if proxy.settings.is_open and not told and (path := proxy.settings.text("config")):
        told.append(f"{path} of {called} is not in the input: what it says is not known")
    return told


def _version(workload: Workload, container: Container) -> tuple[Version, tuple[str, ...]]:
    """By its image's tag, else by labels; the newest that is known where neither tells."""
    match = _TAG.fullmatch(container.image)
    labels = (workload.pod_labels.get(VERSION_LABEL, ""), workload.meta.labels.get(VERSION_LABEL, ""))
    for text in (match["tag"] if match else "", *labels):
        if found := Version.read(text):
            return _known(found, container.image)
    return NEWEST, (f"{container.image or 'an image without a name'} is oauth2-proxy {NEWEST}, the newest known",)


def _known(version: Version, image: str) -> tuple[Version, tuple[str, ...]]:
    if version > NEWEST:
        return version, (f"{image} behaves as oauth2-proxy {NEWEST}, the newest known",)
    if version < OLDEST:
        return OLDEST, (f"{image} behaves as oauth2-proxy {OLDEST}, the oldest known",)
    return version, ()


def unknown_settings() -> Settings:
    """Of one about which nothing is known: no exemptions, and everybody may sign in."""
    return with_known([("email-domain", "*"), ("cookie-secret", "0" * 32), ("set-xauthrequest", "false")])


def installed(release: Release) -> Deployed:
    """One whose chart is elsewhere, by its values."""
    proxy, called = release.proxy(), str(release.owner)
    more = (f"values of {called} that are elsewhere say nothing else",) if release.more else ()
    taken = (*release.runs[1], *more, *_unread(proxy, called))
    return Deployed(called, proxy, taken, release.owner, release.image_origin)


def undescribed(called: str) -> Deployed:
    """One that is known by its name only."""
    told = f"{called} is oauth2-proxy {NEWEST} without exemptions: its configuration is not in the input"
    return Deployed(called, OAuth2Proxy(unknown_settings()), (told,))
