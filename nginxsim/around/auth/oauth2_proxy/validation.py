"""Why oauth2-proxy would not start with what it is told.

oauth2-proxy 7.15.3: pkg/validation/{options,cookie,allowlist}.go, oauthproxy.go (buildPreAuthChain); recorded starts of
7.15.6 and 7.1.3
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator

from nginxsim.around.auth.oauth2_proxy.settings import Fault, Problem, Setting, Settings
from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version
from nginxsim.golang.net import parse_ip
from nginxsim.golang.patterns import compile_pattern
from nginxsim.golang.strconv import parse_duration

CLIENT_HEADERS = ("X-Forwarded-For", "X-Real-IP", "X-ProxyUser-IP")
CLOUD_HEADERS = ("X-Envoy-External-Address", "CF-Connecting-IP")
SECRET_LENGTHS = (16, 24, 32)
CERTIFICATE = ("tls-cert-file", "tls-key-file")
"""Without these it listens for plain HTTP only."""
SAME_SITE = ("", "none", "lax", "strict")
NETWORKS = ("trusted-ip", "trusted-proxy-ip")

_SIGN, _EQUALS = re.compile("!?="), re.compile("=")


def faults_of(settings: Settings, version: Version) -> Iterator[Fault]:
    """In the order in which it looks."""
    yield from _secret(settings)
    if not settings.is_open and not any(
        settings.is_given(name) for name in ("email-domain", "authenticated-emails-file", "htpasswd-file")
    ):
        yield Fault(Problem.NO_EMAILS, "--email-domain")
    yield from _cookie(settings)
    yield from _client_header(settings, version)
    yield from _patterns(settings)
    for name in NETWORKS:
        yield from _networks(settings[name])
    if settings.is_on("force-https") and not any(settings.is_given(name) for name in CERTIFICATE):
        setting = settings["force-https"]
        yield Fault(Problem.NO_HTTPS, setting.called, "", setting.origin)


def _secret(settings: Settings) -> Iterator[Fault]:
    setting = settings["cookie-secret"]
    if not setting.is_known or settings.is_given("cookie-secret-file"):
        return
    if not setting.text:
        if settings.is_open:
            return
        yield Fault(Problem.NO_SECRET, "--cookie-secret", "", setting.origin)
    elif (length := secret_length(setting.text)) not in SECRET_LENGTHS:
        yield Fault(Problem.SECRET_LENGTH, setting.called, str(length), setting.origin)


def secret_length(secret: str) -> int:
    """Bytes of the key: those that base64 stands for where that makes a key, else those that are written."""
    # oauth2-proxy 7.15.3: pkg/encryption/utils.go (SecretBytes)
    bare = secret.rstrip("=")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return len(secret.encode())
    return len(decoded) if len(decoded) in SECRET_LENGTHS else len(secret.encode())


def _cookie(settings: Settings) -> Iterator[Fault]:
    same_site = settings["cookie-samesite"]
    if same_site.is_known and same_site.text not in SAME_SITE:
        yield Fault(Problem.BAD_VALUE, same_site.called, same_site.text, same_site.origin)
    refresh = settings["cookie-refresh"]
    try:
        too_long = parse_duration(refresh.text or "0s") >= parse_duration(settings.text("cookie-expire") or "0s") > 0
    except ValueError:
        return
    if refresh.is_known and too_long:
        yield Fault(Problem.BAD_VALUE, refresh.called, refresh.text, refresh.origin)


def _client_header(settings: Settings, version: Version) -> Iterator[Fault]:
    setting = settings["real-client-ip-header"]
    known = CLIENT_HEADERS + (CLOUD_HEADERS if version.has(Fact.CLOUD_HEADERS) else ())
    if settings.is_on("reverse-proxy") and setting.text.lower() not in map(str.lower, known):
        yield Fault(Problem.CLIENT_HEADER, setting.called, setting.text, setting.origin)


def _patterns(settings: Settings) -> Iterator[Fault]:
    for name in ("skip-auth-route", "skip-auth-regex", "api-route"):
        setting = settings[name]
        for value in setting.values if setting.is_known else ():
            pattern = split_route(value)[1] if name == "skip-auth-route" else value
            try:
                compile_pattern(pattern)
            except ValueError:
                yield Fault(Problem.BAD_PATTERN, setting.called, pattern, setting.place_of(value))


def split_route(value: str, *, may_negate: bool = True) -> tuple[str, str, bool]:
    """Method, pattern, and whether it is turned round: "GET=^/public", "POST!=^/admin", "^/any"."""
    sign = (_SIGN if may_negate else _EQUALS).search(value)
    if sign is None:
        return "", value, False
    return value[: sign.start()].upper(), value[sign.end() :], sign[0] == "!="


def _networks(setting: Setting) -> Iterator[Fault]:
    for value in setting.values if setting.is_known else ():
        if network(value) is None:
            yield Fault(Problem.BAD_NETWORK, setting.called, value, setting.place_of(value))


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """An address, or a network written by its first one; None for anything else."""
    # oauth2-proxy 7.15.3: pkg/ip/parse_ip_net.go
    if "/" not in text:
        address = parse_ip(text)
        return None if address is None else ipaddress.ip_network(str(address))
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None
