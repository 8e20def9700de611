"""The controller's ConfigMap: how texts become values, and what is said about those that do not."""

from __future__ import annotations

from base64 import b64encode

import pytest

from nginxsim.config.flags import parse_flags
from nginxsim.config.machine import Host
from nginxsim.config.settings import Settings, dh_param_file, read_settings
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import ConfigMap, Meta, Secret
from nginxsim.origins import DEFAULT, Origin
from nginxsim.releases import release

NAME = "ingress-nginx/ingress-nginx-controller"


def read(data: dict[str, str], **host: object) -> Settings:
    origins = {key: Origin("config.yaml", line, 3) for line, key in enumerate(data, start=5)}
    config_map = ConfigMap(Meta("ConfigMap", "ingress-nginx-controller", "ingress-nginx"), data, origins, origins)
    newest = release()
    return read_settings(Cluster(config_maps={NAME: config_map}), parse_flags([], newest), Host(**host), newest)


def test_defaults_without_a_config_map():
    newest = release()
    settings = read_settings(Cluster(), parse_flags([], newest), Host(cpus=6, ipv6=False), newest)
    assert settings.worker_processes == "6"
    assert settings.disable_ipv6_dns is True
    assert settings.proxy_body_size == "1m"
    assert settings.problems == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("0x20", 32), ("010", 8), ("1_0", 10), ("0b1010", 10), ("+25", 25), ("-5", -5), ("0o17", 15), ("", 0)],
)
def test_numbers_as_go_writes_them(text, value):
    assert read({"keep-alive": text}).keep_alive == value


@pytest.mark.parametrize("text", ["7.0", "1e2", " 30", "99999999999999999999", "0x", "1__0", "08"])
def test_a_bad_number_keeps_the_default_and_spoils_nothing_else(text):
    settings = read({"keep-alive": text, "use-gzip": "true"})
    assert (settings.keep_alive, settings.use_gzip) == (75, True)
    (problem,) = settings.problems
    assert problem.key == "keep-alive"
    assert problem.reason.startswith("cannot parse 'keep-alive' as int: strconv.ParseInt")
    assert problem.origin == Origin("config.yaml", 5, 3)
    assert settings.source("keep-alive") is DEFAULT


@pytest.mark.parametrize(("text", "value"), [("1", True), ("t", True), ("TRUE", True), ("F", False), ("", False)])
def test_switches(text, value):
    assert read({"hsts": text}).hsts is value


@pytest.mark.parametrize("text", ["yes", "on", "tRue"])
def test_words_that_are_no_switches(text):
    assert read({"hsts": text}).hsts is True


def test_any_letter_case_will_do_but_the_proper_spelling_wins():
    assert read({"KEEP-ALIVE": "33"}).keep_alive == 33
    both = read({"Keep-Alive": "22", "keep-alive": "11"})
    assert both.keep_alive == 11
    assert [problem.key for problem in both.problems] == ["Keep-Alive"]


def test_keys_read_by_hand_take_the_text_as_one_element_in_another_letter_case():
    settings = read({"Hide-Headers": "X-One,X-Two", "Custom-Http-Errors": "404", "Worker-Processes": "auto"})
    assert settings.hide_headers == ("X-One,X-Two",)
    assert settings.custom_http_errors == (404,)
    assert settings.worker_processes == "auto"
    assert read({"hide-headers": "a,b", "HIDE-HEADERS": "z"}).hide_headers == ("z", "b")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("hide-headers", "X-One, X-Two,,X-Three", ("X-One", "X-Two", "X-Three")),
        ("hide-headers", "X-One, ", ("X-One", "")),
        ("custom-http-errors", "404,abc,200, 599 ,600,502", (404, 599, 502)),
        ("proxy-real-ip-cidr", "", ()),
        ("http-redirect-code", "303", 308),
        ("http-redirect-code", "301", 301),
        ("worker-processes", "auto", "2"),
        ("proxy-protocol-header-timeout", "1m30s", 90.0),
        ("proxy-protocol-header-timeout", "5", 5.0),
        ("proxy-stream-responses", "0x2", 1),
        ("debug-connections", "10.0.0.1, 10.0.0.0/8, host", ("10.0.0.1", "10.0.0.0/8")),
        ("bind-address-ipv6", "[::1]", ("[::1]",)),
        ("global-allowed-response-headers", "X-One,X Two", ("X-One",)),
        ("ssl-session-ticket-key", b64encode(bytes(48)).decode(), b64encode(bytes(48)).decode()),
        ("ssl-session-ticket-key", "not base64", ""),
        ("use-geoip2", "true", False),
    ],
)
def test_keys_with_rules_of_their_own(key, text, value):
    assert getattr(read({key: text}), key.replace("-", "_")) == value


def test_bind_addresses_are_told_apart():
    settings = read({"bind-address": "127.0.0.1, fe80:0:0::1, 010.0.0.1"})
    assert settings.bind_address_ipv4 == ("127.0.0.1",)
    assert settings.bind_address_ipv6 == ("[fe80::1]",)
    assert [problem.value for problem in settings.problems] == ["010.0.0.1"]


def test_lua_dictionaries_in_kilobytes():
    settings = read({"lua-shared-dicts": "certificate_data: 5, mine: 200k, huge: 500, odd"})
    assert settings.lua_shared_dicts["certificate_data"] == 5120
    assert settings.lua_shared_dicts["mine"] == 200
    assert settings.lua_shared_dicts["balancer_ewma"] == 10240
    assert {problem.value for problem in settings.problems} == {"huge: 500", "odd"}


def test_global_authentication():
    auth = read(
        {
            "global-auth-url": "http://auth.example.com:8080/check",
            "global-auth-signin": "http://auth.example.com/start",
            "global-auth-signin-redirect-param": " next ",
            "global-auth-method": "POST",
            "global-auth-response-headers": "X-User, bad header",
            "global-auth-cache-duration": "200 5m, 401 1h",
        }
    ).global_external_auth
    assert (auth.host, auth.signin_redirect_param, auth.method) == ("auth.example.com", "next", "POST")
    assert auth.response_headers == ("X-User",)
    assert auth.cache_duration == ("200 5m", "401 1h")


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("global-auth-url", "auth/check", "Global auth location denied - url scheme is empty."),
        ("global-auth-url", "http://a..b/", "Global auth location denied - invalid url host."),
        ("global-auth-method", "FETCH", "Global auth location denied - invalid HTTP method."),
        ("global-auth-cache-duration", "x", "Global auth location denied - invalid cache duration: x"),
        ("http-redirect-code", "303", "The code 303 is not a valid as HTTP redirect code. Using the default."),
        ("global-external-auth", "x", "'global-external-auth' expected a map, got 'string'"),
    ],
)
def test_the_reason_is_the_controllers(key, text, reason):
    assert [problem.reason for problem in read({key: text}).problems] == [reason]


def test_an_unknown_key_gets_its_nearest_name():
    (problem,) = read({"keepalive": "3"}).problems
    assert (problem.key, problem.nearest) == ("keepalive", "keep-alive")


def test_sources_point_at_the_config_map():
    source = read({"use-gzip": "true"}).source("use-gzip")
    assert source.kind == "configmap"
    assert source.owner == f"ConfigMap {NAME}"
    assert source.origin == Origin("config.yaml", 5, 3)


def test_the_file_of_dh_parameters():
    good = Secret(Meta("Secret", "dh", "ops"), data={"dhparam.pem": PARAMETERS})
    bad = Secret(Meta("Secret", "bad", "ops"), data={"dhparam.pem": b"nothing"})
    cluster = Cluster(secrets={"ops/dh": good, "ops/bad": bad})
    assert dh_param_file(cluster, "ops/dh") == "/etc/ingress-controller/ssl/ops-dh.pem"
    assert dh_param_file(cluster, "ops/bad") == dh_param_file(cluster, "ops/none") == ""


PARAMETERS = b"-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n"
