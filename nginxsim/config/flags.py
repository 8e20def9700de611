"""The controller's command line.

Names and defaults: ingress-nginx 1.15.1, pkg/flags/flags.go. The syntax is that of github.com/spf13/pflag:
`--name=value`, `--name value`, a bare `--name` for a switch (which never takes the next word), `-v2`; the last of
several wins, words without a dash are skipped, and `--` ends the flags.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeAlias

from nginxsim.errors import UsageError, did_you_mean
from nginxsim.golang.net import parse_ip
from nginxsim.golang.strconv import parse_bool, parse_duration, parse_float, parse_int, quote, trim
from nginxsim.kube.objects import NOWHERE, Namespace, Word
from nginxsim.kube.selectors import parse_selector
from nginxsim.origins import Origin, Source
from nginxsim.releases import Release, flag_dates


@dataclass(frozen=True, slots=True)
class Flags:
    """Every flag that changes what nginx or the admission webhook answers; "--http-port" is the field `http_port`.

    References to objects are "namespace/name". `given` has the names that a command line set, as written there without
    dashes, each with its text and where that was.
    """

    annotations_prefix: str = "nginx.ingress.kubernetes.io"
    configmap: str = "ingress-nginx/ingress-nginx-controller"
    controller_class: str = "k8s.io/ingress-nginx"
    deep_inspect: bool = True
    default_backend_service: str = ""
    default_server_port: int = 8181
    default_ssl_certificate: str = ""
    disable_catch_all: bool = False
    disable_full_test: bool = False
    disable_svc_external_name: bool = False
    enable_annotation_validation: bool = True
    enable_metrics: bool = False
    enable_ssl_passthrough: bool = False
    enable_topology_aware_routing: bool = False
    health_check_path: str = "/healthz"
    healthz_port: int = 10254
    http_port: int = 80
    https_port: int = 443
    ingress_class: str = "nginx"
    ingress_class_by_name: bool = False
    maxmind_edition_ids: str = "GeoLite2-City,GeoLite2-ASN"
    maxmind_license_key: str = ""
    maxmind_mirror: str = ""
    metrics_per_host: bool = True
    metrics_per_undefined_host: bool = False
    monitor_max_batch_size: int = 10000
    profiler_port: int = 10245
    publish_service: str = ""
    publish_status_address: str = ""
    ssl_passthrough_proxy_port: int = 442
    status_port: int = 10246
    stream_port: int = 10247
    tcp_services_configmap: str = ""
    udp_services_configmap: str = ""
    watch_ingress_without_class: bool = False
    watch_namespace: str = ""
    watch_namespace_selector: str = ""
    given: Mapping[str, Given] = field(default_factory=dict, hash=False)

    @property
    def prefix(self) -> str:
        """What annotations meant for the controller begin with, slash included: "nginx.ingress.kubernetes.io/"."""
        return f"{self.annotations_prefix}/"

    @property
    def fetches_geoip(self) -> bool:
        """Whether the controller downloads GeoIP databases; that it succeeds is taken for granted."""
        return bool(self.maxmind_edition_ids and (self.maxmind_license_key or self.maxmind_mirror))

    def watches(self, namespace: str, namespaces: Mapping[str, Namespace]) -> bool:
        """Whether the controller looks at objects of this namespace.

        With a selector, a namespace that has no Namespace object is not watched (its labels are unknown).
        """
        if self.watch_namespace:
            return namespace == self.watch_namespace
        if not self.watch_namespace_selector:
            return True
        found = namespaces.get(namespace)
        return found is not None and parse_selector(self.watch_namespace_selector).matches(found.meta.labels)


class CommandLine(NamedTuple):
    """Some of the words that a controller is started with. owner: the object that has them, "" for none."""

    words: tuple[Word, ...]
    owner: str = ""

    @classmethod
    def of(cls, words: Iterable[str]) -> CommandLine:
        return cls(tuple(map(Word, words)))


class Given(NamedTuple):
    """One flag of a command line."""

    name: str
    text: str
    source: Source


def _decimals(text: str) -> tuple[float, ...]:
    return tuple(parse_float(part) for part in text.split(","))


def _words(text: str) -> tuple[str, ...]:
    return tuple(next(csv.reader([text], strict=True), ()))


def _address(text: str) -> str:
    address = parse_ip(trim(text))
    if address is None:
        raise ValueError(f"failed to parse IP: {quote(text)}")
    return str(address)


def _unsigned(text: str) -> int:
    return parse_int(text, bits=32, signed=False)


FlagReader: TypeAlias = Callable[[str], Any]

READERS: Mapping[type, FlagReader] = {bool: parse_bool, int: parse_int, str: str}

# Known to the controller, but nothing that is simulated depends on them; the second half are klog's.
WITHOUT_EFFECT: Mapping[str, FlagReader] = {
    "apiserver-host": str,
    "bucket-factor": parse_float,
    "certificate-authority": str,
    "disable-leader-election": parse_bool,
    "disable-sync-events": parse_bool,
    "dynamic-configuration-retries": parse_int,
    "election-id": str,
    "election-ttl": parse_duration,
    "enable-ssl-chain-completion": parse_bool,
    "exclude-socket-metrics": _words,
    "health-check-timeout": parse_int,
    "healthz-host": str,
    "internal-logger-address": str,
    "kubeconfig": str,
    "length-buckets": _decimals,
    "max-buckets": _unsigned,
    "maxmind-retries-count": parse_int,
    "maxmind-retries-timeout": parse_duration,
    "post-shutdown-grace-period": parse_int,
    "profiler-address": _address,
    "profiling": parse_bool,
    "report-node-internal-ip-address": parse_bool,
    "report-status-classes": parse_bool,
    "shutdown-grace-period": parse_int,
    "size-buckets": _decimals,
    "status-update-interval": parse_int,
    "sync-period": parse_duration,
    "sync-rate-limit": parse_float,
    "time-buckets": _decimals,
    "update-status": parse_bool,
    "update-status-on-shutdown": parse_bool,
    "validating-webhook": str,
    "validating-webhook-certificate": str,
    "validating-webhook-key": str,
    "version": parse_bool,
    "add_dir_header": parse_bool,
    "alsologtostderr": parse_bool,
    "alsologtostderrthreshold": str,
    "legacy_stderr_threshold_behavior": parse_bool,
    "log_backtrace_at": str,
    "log_dir": str,
    "log_file": str,
    "log_file_max_size": parse_int,
    "logtostderr": parse_bool,
    "one_output": parse_bool,
    "skip_headers": parse_bool,
    "skip_log_headers": parse_bool,
    "stderrthreshold": str,
    "v": parse_int,
    "vmodule": str,
}

KNOWN: Mapping[str, FlagReader] = {
    **{field.name.replace("_", "-"): READERS[type(field.default)] for field in fields(Flags) if field.name != "given"},
    **WITHOUT_EFFECT,
}
"""Each flag that some release knows, and what reads its value."""

LISTENING = ("http-port", "https-port", "default-server-port", "status-port", "stream-port", "profiler-port")

# internal/nginx/maxmind.go
GEOIP_EDITIONS = frozenset({
    "GeoIP2-Anonymous-IP", "GeoIP2-ASN", "GeoIP2-City", "GeoIP2-Connection-Type", "GeoIP2-Country", "GeoIP2-Domain",
    "GeoIP2-ISP", "GeoLite2-ASN", "GeoLite2-City", "GeoLite2-Country",
})  # fmt: skip


def parse_flags(arguments: Sequence[str], release: Release) -> Flags:
    """The flags of a controller started with these arguments; those left out have the release's defaults.

    Raises UsageError for what the controller would refuse to start with.
    """
    return flags_of([CommandLine.of(arguments)], release)


def flags_of(lines: Iterable[CommandLine], release: Release, defaults: Mapping[str, Any] | None = None) -> Flags:
    """The same of several command lines, each over those before it; `defaults` go before those of the release.

    Raises UsageError, with the place where there is one.
    """
    known = known_flags(release)
    values: dict[str, Any] = {**release.flags, **(defaults or {})}
    given: dict[str, Given] = {}
    for line in lines:
        for flag in _flags_in(line, known, release):
            given[flag.name] = flag
            values[flag.name] = _read(flag, known[flag.name])
    chosen = {name.replace("-", "_"): value for name, value in values.items() if name not in WITHOUT_EFFECT}
    flags = Flags(**chosen, given=given)
    if values.get("version"):
        raise UsageError("--version makes the controller print its version and exit", given["version"].source.origin)
    for check in CHECKS:
        check(flags)
    return flags


def known_flags(release: Release) -> Mapping[str, FlagReader]:
    """Each flag that the release knows, and what reads its value."""
    return {name: reader for name, reader in KNOWN.items() if name not in release.unknown_flags}


def is_known(word: str, release: Release) -> bool:
    """Whether a word is no flag at all, or one that the release knows."""
    name = word.removeprefix("--").partition("=")[0]
    return not word.startswith("--") or not name or name in known_flags(release)


def _flags_in(line: CommandLine, known: Mapping[str, FlagReader], release: Release) -> Iterator[Given]:
    words = iter(line.words)
    for word in words:
        text = word.text
        if text == "--":
            return
        if len(text) < 2 or text[0] != "-":
            continue
        origin = None if word.origin == NOWHERE else word.origin
        try:
            name, equals, value = _long(text, known, release) if text.startswith("--") else _short(text)
            if not equals:
                value = "true" if known[name] is parse_bool else _next_word(words, text)
        except UsageError as problem:
            raise UsageError(str(problem), origin) from None
        yield Given(name, value, Source("flag", f"--{name}", origin, line.owner))


def _long(word: str, known: Mapping[str, FlagReader], release: Release) -> tuple[str, str, str]:
    name, equals, text = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise UsageError(f"bad flag syntax: {word}")
    if name not in known:
        dates = flag_dates(name, release)
        hint = f"; {dates}" if dates else did_you_mean(f"--{name}", [f"--{flag}" for flag in known])
        raise UsageError(f"unknown flag: --{name}{hint}")
    return name, equals, text


def _short(word: str) -> tuple[str, str, str]:
    """Only `-v` is short; its value may follow directly."""
    if word[1] != "v":
        raise UsageError(f"unknown shorthand flag: '{word[1]}' in {word}; flags start with two dashes")
    text = word[2:]
    return "v", "=" if text else "", text.removeprefix("=")


def _next_word(words: Iterator[Word], flag: str) -> str:
    for word in words:
        return word.text
    raise UsageError(f"flag needs an argument: {flag}")


def _read(flag: Given, reader: FlagReader) -> object:
    try:
        return reader(flag.text)
    except (ValueError, csv.Error) as problem:
        words = f'invalid argument "{flag.text}" for "--{flag.name}" flag: {problem}'
        raise UsageError(words, flag.source.origin) from None


def _refused(flags: Flags, words: str, *names: str) -> UsageError:
    """Because of these flags."""
    places: Iterator[Origin | None] = (flags.given[name].source.origin for name in names if name in flags.given)
    return UsageError(words, next((place for place in places if place), None))


def _check_ports(flags: Flags) -> None:
    """The controller opens each port once before it starts; no such port can be opened."""
    ports = (*LISTENING, "ssl-passthrough-proxy-port") if flags.enable_ssl_passthrough else LISTENING
    for name in ports:
        port = getattr(flags, name.replace("-", "_"))
        if not 0 <= port <= 65535:
            raise _refused(flags, f"port {port} cannot be opened (0 to 65535). Please check the flag --{name}", name)


def _check_references(flags: Flags) -> None:
    for name in ("default-backend-service", "publish-service"):
        reference = getattr(flags, name.replace("-", "_"))
        if reference and reference.count("/") != 1:
            raise _refused(flags, f"--{name}: invalid format (namespace/name) found in '{reference}'", name)


def _check_exclusions(flags: Flags) -> None:
    if flags.publish_service and flags.publish_status_address:
        raise _exclusive(flags, "publish-service", "publish-status-address")
    if flags.watch_namespace and flags.watch_namespace_selector:
        raise _exclusive(flags, "watch-namespace", "watch-namespace-selector")
    if flags.metrics_per_undefined_host and not flags.metrics_per_host:
        words = "--metrics-per-undefined-host=true must be passed with --metrics-per-host=true"
        raise _refused(flags, words, "metrics-per-undefined-host")


def _exclusive(flags: Flags, one: str, other: str) -> UsageError:
    return _refused(flags, f"flags --{one} and --{other} are mutually exclusive", one, other)


def _check_selector(flags: Flags) -> None:
    try:
        parse_selector(flags.watch_namespace_selector)
    except ValueError as problem:
        words = f"failed to parse --watch-namespace-selector={flags.watch_namespace_selector}, error: {problem}"
        raise _refused(flags, words, "watch-namespace-selector") from None


def _check_prefix(flags: Flags) -> None:
    """Not the controller's own check: with an empty prefix it starts, and no annotation can ever name it."""
    if not flags.annotations_prefix:
        words = "--annotations-prefix is empty, so no annotation could be meant for the controller"
        raise _refused(flags, words, "annotations-prefix")


def _check_editions(flags: Flags) -> None:
    for edition in flags.maxmind_edition_ids.split(",") if flags.maxmind_edition_ids else ():
        if edition not in GEOIP_EDITIONS:
            hint = did_you_mean(edition, sorted(GEOIP_EDITIONS))
            raise _refused(flags, f"unknown Maxmind GeoIP2 edition name: '{edition}'{hint}", "maxmind-edition-ids")


CHECKS = (_check_ports, _check_references, _check_exclusions, _check_selector, _check_prefix, _check_editions)
