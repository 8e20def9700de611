"""oauth2-proxy by the values of its chart, where the chart itself is elsewhere: a HelmRelease of Flux, or an
Application of Argo CD.

oauth2-proxy/manifests: helm/oauth2-proxy (templates/deployment.yaml, configmap.yaml, _helpers.tpl, Chart.yaml), chart
3.3.0 to 10.7.0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import yaml

from nginxsim.around.auth.oauth2_proxy.proxy import OAuth2Proxy
from nginxsim.around.auth.oauth2_proxy.reading import oauth2_proxy
from nginxsim.around.auth.oauth2_proxy.settings import File
from nginxsim.around.auth.oauth2_proxy.versions import NEWEST, Version
from nginxsim.errors import InputError
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.documents import Document, documents
from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import NOWHERE, Meta, Word
from nginxsim.origins import Origin
from nginxsim.sources import File as Source

CHART = "oauth2-proxy"
RUNS: Sequence[tuple[Version, Version]] = tuple(
    (Version(*map(int, chart.split("."))), Version(*map(int, runs.split("."))))
    for chart, runs in (
        ("3.3.0", "7.1.3"), ("5.0.2", "7.2.0"), ("6.2.1", "7.2.1"), ("6.2.2", "7.3.0"), ("6.5.2", "7.4.0"),
        ("6.16.2", "7.5.0"), ("6.17.1", "7.5.1"), ("6.24.0", "7.6.0"), ("7.7.23", "7.7.0"), ("7.7.26", "7.7.1"),
        ("7.10.0", "7.8.0"), ("7.10.1", "7.8.1"), ("7.12.8", "7.8.2"), ("7.12.11", "7.9.0"), ("7.14.1", "7.10.0"),
        ("7.16.0", "7.11.0"), ("8.1.0", "7.12.0"), ("8.3.3", "7.13.0"), ("10.1.3", "7.14.2"), ("10.1.5", "7.15.0"),
        ("10.4.2", "7.15.1"), ("10.4.3", "7.15.2"), ("10.6.1", "7.15.3"),
    )
)  # fmt: skip
"""The first version of the chart that runs each version of oauth2-proxy (Chart.yaml, appVersion)."""
ALPHA, CONFIG = "/etc/oauth2_proxy/oauth2_proxy.yml", "/etc/oauth2_proxy/oauth2_proxy.cfg"
USUAL = File('email_domains = [ "*" ]\nupstreams = [ "file:///dev/null" ]\n')
"""What the chart writes into the configuration file where nobody says anything else."""
EXACT = frozenset("0123456789.")


@dataclass(frozen=True)
class Release:
    """One installation of the chart, as an object asks for it. more: there are further values, which are not here."""

    owner: Meta
    name: str
    namespace: str
    version: str
    values: Fields
    more: bool
    version_origin: Origin = NOWHERE

    @property
    def fullname(self) -> str:
        given = self.values.text("fullnameOverride")
        called = self.values.text("nameOverride") or CHART
        return (given or (self.name if called in self.name else f"{self.name}-{called}"))[:63].removesuffix("-")

    @property
    def key(self) -> str:
        """Of its Service."""
        return f"{self.values.text('namespaceOverride') or self.namespace}/{self.fullname}"

    @cached_property
    def runs(self) -> tuple[Version, tuple[str, ...]]:
        """The version of oauth2-proxy, and what is taken for granted of it."""
        if tag := Version.read(self._image.text("tag")):
            return tag, ()
        chart = Version.read(self.version) if self.version and EXACT.issuperset(self.version) else None
        found = [runs for first, runs in RUNS if chart is not None and first <= chart]
        if found:
            return found[-1], ()
        return NEWEST, (f"{self.owner} installs oauth2-proxy {NEWEST}, the newest known",)

    @property
    def _image(self) -> Fields:
        return self.values.fields("image")

    @property
    def image_origin(self) -> Origin:
        """Where the version is written, else that of the chart."""
        return self._image.origin("tag") if "tag" in self._image else self.version_origin

    def proxy(self) -> OAuth2Proxy:
        version, _ = self.runs
        return oauth2_proxy(list(self._words()), self._variables(), version, self._file, is_open=self.more)

    @property
    def _is_alpha(self) -> bool:
        return self.values.fields("alphaConfig").flag("enabled") is True

    def _words(self) -> Iterator[Word]:
        if self._is_alpha:
            yield Word(f"--alpha-config={ALPHA}")
        else:
            yield Word("--http-address=0.0.0.0:4180")
        config = self.values.fields("config")
        if "cookieName" in config:
            yield Word(f"--cookie-name={config.text('cookieName')}", config.origin("cookieName"))
        yield from self._extra()
        yield Word(f"--config={CONFIG}")

    def _extra(self) -> Iterator[Word]:
        """extraArgs, a mapping or a list."""
        extra, places = self.values.fields("extraArgs"), self.values.fields("extraArgs").origins()
        for name, value in sorted(extra.texts().items()):
            yield Word(f"--{name}={value}" if name in extra and value else f"--{name}", places[name])
        for text, place in self.values.placed("extraArgs"):
            yield Word(text, place)

    def _variables(self) -> Mapping[str, Word]:
        """The secret of the cookie is in a Secret."""
        found = {"OAUTH2_PROXY_COOKIE_SECRET": Word("", NOWHERE, ("COOKIE_SECRET",))}
        for each in self.values.items("extraEnv"):
            known = "value" in each
            found[each.text("name")] = Word(each.text("value"), each.origin("value"), () if known else ("VALUE",))
        return found

    def _file(self, path: str) -> File | None:
        if path == ALPHA:
            return self._alpha()
        config = self.values.fields("config")
        if path == CONFIG and "existingConfig" not in config and "existingConfigMap" not in config:
            text = config.text("configFile")
            if self._is_alpha and not text:
                return File('email_domains = [ "*" ]\n')
            return File(text, config.origin("configFile")) if text else USUAL
        return None

    def _alpha(self) -> File | None:
        told = self.values.fields("alphaConfig")
        if text := told.text("configFile"):
            return File(text, told.origin("configFile"))
        data = told.fields("configData").value()
        return File(yaml.safe_dump(data)) if data else None


def releases(cluster: Cluster) -> Iterator[Release]:
    """Every installation of the chart that the input asks for."""
    for file in cluster.texts:
        if CHART not in file.text or not ("HelmRelease" in file.text or "Application" in file.text):
            continue
        for document in documents(file):
            if CHART in document.file.text and (found := _release(document.file, _root(document))):
                yield found


def _root(document: Document | None) -> Fields | None:
    """The mapping that it is; None for anything else, and for what is no YAML."""
    try:
        node = document.root() if document else None
    except InputError:
        return None
    return Fields(document.file, node) if document and isinstance(node, yaml.MappingNode) else None


def _release(file: Source, root: Fields | None) -> Release | None:
    if root is None:
        return None
    meta, spec, kind = root.fields("metadata"), root.fields("spec"), root.text("kind")
    owner = Meta(kind, meta.text("name"), meta.text("namespace") or "default", origin=meta.origin("name"))
    match kind:
        case "HelmRelease":
            return _of_flux(spec, owner)
        case "Application":
            return _of_argo(file, spec, owner)
    return None


def _of_flux(spec: Fields, owner: Meta) -> Release | None:
    chart = spec.fields("chart").fields("spec")
    if chart.text("chart") != CHART:
        return None
    target = spec.text("targetNamespace")
    name = spec.text("releaseName") or "-".join(filter(None, (target, owner.name)))
    more, place = bool(spec.items("valuesFrom")), chart.origin("version")
    namespace, version = target or owner.namespace, chart.text("version")
    return Release(owner, name, namespace, version, spec.fields("values"), more, place)


def _of_argo(file: Source, spec: Fields, owner: Meta) -> Release | None:
    found = [each for each in (spec.fields("source"), *spec.items("sources")) if each.text("chart") == CHART]
    if not found:
        return None
    helm = found[0].fields("helm")
    values = helm.fields("valuesObject") if "valuesObject" in helm else _written(file, helm)
    more = bool(helm.placed("valueFiles")) or bool(helm.items("parameters"))
    namespace = spec.fields("destination").text("namespace") or "default"
    version, place = found[0].text("targetRevision"), found[0].origin("targetRevision")
    return Release(owner, helm.text("releaseName") or owner.name, namespace, version, values, more, place)


def _written(file: Source, helm: Fields) -> Fields:
    """Values that stand in a text."""
    place = helm.origin("values")
    written = Source(file.name, "\n" * place.line + helm.text("values"))
    inner = _root(next(documents(written), None))
    return inner or helm.fields("nothing")
