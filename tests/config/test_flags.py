"""The controller's command line: syntax, defaults, and what it refuses to start with."""

from __future__ import annotations

import pytest

from nginxsim.config.flags import Flags, parse_flags
from nginxsim.errors import UsageError
from nginxsim.kube.objects import Meta, Namespace
from nginxsim.releases import NEWEST, release


def parse(*arguments: str) -> Flags:
    return parse_flags(arguments, release(NEWEST))


def test_defaults() -> None:
    flags = parse()
    assert flags == Flags()
    assert (flags.http_port, flags.https_port, flags.enable_annotation_validation) == (80, 443, True)


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        (["--http-port=8080"], "http_port", 8080),
        (["--http-port", "0x1F90"], "http_port", 8080),
        (["--http-port=1", "--http-port=2"], "http_port", 2),
        (["--deep-inspect=false"], "deep_inspect", False),
        (["--enable-ssl-passthrough"], "enable_ssl_passthrough", True),
        (["--enable-ssl-passthrough", "false"], "enable_ssl_passthrough", True),
        (["--watch-ingress-without-class=T"], "watch_ingress_without_class", True),
        (["--default-backend-service="], "default_backend_service", ""),
        (["/nginx-ingress-controller", "-v2", "-v", "3", "--v=4", "--ingress-class=edge"], "ingress_class", "edge"),
        (["--sync-period=1h30m", "--time-buckets=0.1,1", "--profiler-address=::1"], "profiler_port", 10245),
        (["--", "--http-port=8080"], "http_port", 80),
    ],
)
def test_syntax(arguments: list[str], field: str, expected: object) -> None:
    assert getattr(parse(*arguments), field) == expected


def test_given_names_the_flags_of_the_command_line() -> None:
    assert set(parse("--http-port=80", "-v=2").given) == {"http-port", "v"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--htp-port=1"], 'unknown flag: --htp-port; did you mean "--http-port"?'),
        (["--http-port"], "flag needs an argument: --http-port"),
        (["--http-port=x"], 'invalid argument "x" for "--http-port" flag'),
        (["--http-port=70000"], "Please check the flag --http-port"),
        (["--deep-inspect=maybe"], 'invalid argument "maybe" for "--deep-inspect" flag: strconv.ParseBool'),
        (["--sync-period=5"], 'time: missing unit in duration "5"'),
        (["-http-port=80"], "unknown shorthand flag: 'h'"),
        (["--=x"], "bad flag syntax: --=x"),
        (["--annotations-prefix="], "--annotations-prefix is empty"),
        (["--default-backend-service=fallback"], "invalid format (namespace/name) found in 'fallback'"),
        (["--watch-namespace=a", "--watch-namespace-selector=b"], "mutually exclusive"),
        (["--watch-namespace-selector=a in b"], "failed to parse --watch-namespace-selector=a in b"),
        (["--metrics-per-host=false", "--metrics-per-undefined-host"], "must be passed with --metrics-per-host=true"),
        (["--maxmind-edition-ids=GeoLite-City"], 'did you mean "GeoLite2-City"'),
        (["--version"], "print its version"),
    ],
)
def test_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as failure:
        parse(*arguments)
    assert message in str(failure.value)


def test_watched_namespaces() -> None:
    namespaces = {"red": Namespace(Meta("Namespace", "red", "", labels={"team": "core"}))}
    assert parse().watches("any", namespaces)
    assert [parse("--watch-namespace=red").watches(name, namespaces) for name in ("red", "blue")] == [True, False]
    chosen = parse("--watch-namespace-selector=team=core")
    assert [chosen.watches(name, namespaces) for name in ("red", "blue")] == [True, False]
