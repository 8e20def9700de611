"""Hops in front of nginx: the request as each hands it on, and the address that an allowlist compares."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from nginxsim import Answer, Request, Simulation, UsageError, Verdict
from nginxsim.around.hop_table import HOPS
from nginxsim.around.pages import page
from tests.support.commands import run
from tests.support.estates import Object, config_map, estate, ingress, manifests, served, thing
from tests.support.places import DATA, ROOT

CASES = yaml.safe_load((DATA / "hops.yaml").read_text(encoding="utf-8"))
CLIENT = "203.0.113.9"
LISTED = ingress(annotations={"allowlist-source-range": f"{CLIENT}/32"})
READS = {"use-forwarded-headers": "true"}


def shop(*objects: Object, settings: dict[str, str] | None = None) -> Simulation:
    return estate(*served("web"), *([config_map(settings)] if settings else []), *objects)


def asked(simulation: Simulation, *via: str, scheme: str = "http", **more: Any) -> Verdict:
    return simulation.route(Request(host="web.example.com", scheme=scheme, client=CLIENT, via=via, **more))


def seen(verdict: Verdict) -> str:
    """Whom nginx takes for the client, as the service is told."""
    upstream = verdict.outcomes[0].upstream
    assert upstream is not None
    return dict(upstream.headers)["X-Real-IP"]


def test_every_hop_has_a_case_and_a_source() -> None:
    assert {case["via"] for case in CASES} >= set(HOPS)
    assert all(hop.source.startswith("https://") for hop in HOPS.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["via"])
def test_what_a_hop_hands_on(case: dict[str, Any]) -> None:
    sent = asked(
        shop(ingress(), settings=case.get("settings")),
        case["via"],
        scheme="https",
        headers=[("X-Forwarded-For", "198.51.100.66"), ("CF-Connecting-IP", "198.51.100.66"), ("Via", "1.1 mine")],
    ).request
    assert (sent.client, sent.scheme) == (case["client"], case["scheme"])
    line = sent.proxy_protocol
    assert (getattr(line, "client", ""), getattr(line, "port", 0)) == tuple(case.get("proxy", ("", 0)))
    got = {name: value for name, value in sent.headers if name in case["headers"]}
    assert got == {name: value for name, value in case["headers"].items() if value}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["via"])
def test_the_address_that_an_allowlist_compares(case: dict[str, Any]) -> None:
    """By itself, and with the settings that the case names: then it is the client's own."""
    plain = shop(LISTED)
    verdict = asked(plain, case["via"])
    assert verdict.status == (200 if case["compared"] == CLIENT else case.get("refusal", 403))
    if case["compared"] != CLIENT and "proxy" not in case:
        assert case["compared"] in verdict.cause.message
    if mended := case.get("mended"):
        assert asked(shop(LISTED, settings=mended), case["via"]).status == 200


def told(verdict: Verdict) -> str:
    (found,) = (step for step in verdict.outcomes[0].trace if step.text == "nginx")
    return found.why


def test_the_trace_names_settings_that_were_tried() -> None:
    verdict = asked(shop(LISTED), "aws-alb@10.0.3.7")
    assert told(verdict).startswith("takes 10.0.3.7 for the client, by the connection; with use-forwarded-headers")
    assert asked(shop(LISTED, settings=READS), "aws-alb@10.0.3.7").status == 200


def test_a_list_that_ends_with_the_load_balancer_s_own_address_is_read_from_the_wrong_end() -> None:
    trusted = {**READS, "proxy-real-ip-cidr": "35.191.0.0/16,130.211.0.0/22"}
    verdict = asked(shop(LISTED, settings=trusted), "gcp-https-lb")
    assert verdict.status == 403
    assert "by X-Forwarded-For" in told(verdict)


@pytest.mark.parametrize("via", ["aws-alb", "gcp-https-lb", "aws-classic-elb:http"])
def test_settings_that_are_named_are_not_got_past_with_a_header_of_one_s_own(via: str) -> None:
    named = told(asked(shop(LISTED), via, scheme="https")).partition("; with ")[2].partition(" in the ConfigMap")[0]
    settings = yaml.safe_load("{" + named.replace('", ', '"\n, ') + "}")
    behind = shop(LISTED, settings=dict(settings))
    forged = [("X-Forwarded-For", CLIENT)]
    stranger = Request(host="web.example.com", scheme="https", client="198.51.100.66", via=[via], headers=forged)
    assert asked(behind, via, scheme="https").status == 200
    assert behind.route(stranger).status == 403


def test_where_no_setting_helps_the_hop_is_told_what_to_do() -> None:
    assert "externalTrafficPolicy: Local" in told(asked(shop(ingress()), "kube-proxy"))
    assert "xff_header_processing.mode to append" in told(asked(shop(ingress()), "aws-alb:remove"))


CLOUDFLARE = ", ".join(HOPS["cloudflare"].connects_from)
THREADS = [
    # kubernetes/ingress-nginx#3738: Cloudflare is not among those that are believed
    (
        {**READS, "forwarded-for-header": "CF-Connecting-IP", "proxy-real-ip-cidr": "162.158.0.0/15,10.0.0.0/8"},
        ["cloudflare"],
        {"proxy-real-ip-cidr": CLOUDFLARE},
    ),
    # #7761: behind PROXY lines no header is read unless use-forwarded-headers is on too
    (
        {"use-proxy-protocol": "true", "proxy-real-ip-cidr": f"{CLOUDFLARE},10.0.0.0/8"},
        ["cloudflare", "aws-classic-elb:proxy-v1"],
        READS,
    ),
    # #11319: a load balancer that sends X-Forwarded-For, which nobody reads
    ({}, ["aws-alb"], READS),
]


@pytest.mark.parametrize(("settings", "via", "missing"), THREADS)
def test_what_people_asked_about_addresses(settings: dict[str, str], via: list[str], missing: dict[str, str]) -> None:
    verdict = asked(shop(LISTED, settings=settings), *via)
    assert (verdict.status, verdict.cause.code) == (403, "address-denied")
    assert all(f'{key}: "{value}' in verdict.cause.fix for key, value in missing.items())
    assert asked(shop(LISTED, settings={**settings, **missing}), *via).status == 200


def test_hops_follow_one_another() -> None:
    sent = asked(shop(ingress()), "cloudflare", "aws-alb", scheme="https").request
    headers = dict(sent.headers)
    assert headers["X-Forwarded-For"] == f"{CLIENT}, 173.245.48.1"
    assert headers["CF-Connecting-IP"] == CLIENT
    assert sent.scheme == "http"


def test_lines_that_nginx_does_not_read_and_lines_that_do_not_come() -> None:
    assert asked(shop(ingress()), "aws-nlb:proxy-v2").status == 400
    verdict = asked(shop(ingress(), settings={"use-proxy-protocol": "true"}), "aws-nlb")
    assert (verdict.status, verdict.cause.code) == (None, "proxy-protocol-mismatch")


def test_https_that_ends_before_nginx_and_a_redirect_to_https_go_round() -> None:
    forced = ingress(annotations={"force-ssl-redirect": "true"})
    verdict = asked(shop(forced), "aws-alb", scheme="https")
    assert (verdict.status, verdict.cause.code) == (308, "redirect-behind-tls")
    assert "use-forwarded-headers" in verdict.cause.fix
    assert asked(shop(forced, settings=READS), "aws-alb", scheme="https").status == 200


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("cloudflair", 'did you mean "cloudflare"'),
        ("aws-nlb@10.0.0.1", "keeps the client's address"),
        ("aws-alb@there", '"there" is no address'),
        ("proxy", "say where the proxy connects from"),
        ("aws-alb+stale=5", "keeps nothing"),
        ("gcp-cdn+old=5", "write ttl, max-ttl, stale"),
    ],
)
def test_a_word_that_is_no_hop(word: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        asked(shop(ingress()), word)


# --- what the input says ----------------------------------------------------------------------------------------------


def front(annotations: dict[str, str] | None = None, **spec: Any) -> Object:
    return thing(
        "Service",
        "ingress-nginx-controller",
        namespace="ingress-nginx",
        metadata={"annotations": annotations or {}},
        spec={"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 443}], **spec},
    )


LOCAL = {"externalTrafficPolicy": "Local"}
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
BEHIND = {"annotations": {}, "namespace": "ingress-nginx"}


def leading(class_name: str) -> Object:
    """An Ingress of a cloud that leads to the controller."""
    made = ingress("edge", "web.example.com", class_name=class_name, namespace="ingress-nginx")
    made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "ingress-nginx-controller"
    return made


CDN = thing(
    "BackendConfig",
    "edge",
    version="cloud.google.com/v1",
    namespace="ingress-nginx",
    spec={"cdn": {"enabled": True, "cacheMode": "FORCE_CACHE_ALL", "serveWhileStale": 600}},
)
TUNNEL = {"name": "it", "image": "cloudflare/cloudflared:2026.1.0"}
FOUND: list[tuple[list[Object], list[str]]] = [
    ([], []),
    ([front(**LOCAL)], []),
    ([front()], ["kube-proxy"]),
    ([front({f"{AWS}type": "nlb"}, **LOCAL)], ["aws-nlb"]),
    ([front({f"{AWS}type": "external", f"{AWS}nlb-target-type": "ip"})], ["aws-nlb:no-client-ip"]),
    ([front({f"{AWS}type": "nlb", f"{AWS}proxy-protocol": "*"}, **LOCAL)], ["aws-nlb:proxy-v2"]),
    ([front({f"{AWS}backend-protocol": "http"}, **LOCAL)], ["aws-classic-elb:http"]),
    ([front({"load-balancer.hetzner.cloud/location": "fsn1"}, **LOCAL)], ["hetzner-lb"]),
    ([front({"load-balancer.hetzner.cloud/uses-proxyprotocol": "true"}, **LOCAL)], ["hetzner-lb:proxy"]),
    ([front(type="ClusterIP"), leading("alb")], ["aws-alb"]),
    (
        [front({"cloud.google.com/backend-config": '{"default": "edge"}'}, type="ClusterIP"), leading("gce"), CDN],
        ["gcp-cdn:force-cache-all+stale=600"],
    ),
    (
        [
            front(type="ClusterIP"),
            thing(
                "Deployment",
                "cloudflared",
                version="apps/v1",
                spec={
                    "template": {"spec": {"containers": [{"name": "it", "image": "cloudflare/cloudflared:2026.1.0"}]}}
                },
            ),
        ],
        ["cloudflare-tunnel"],
    ),
    (
        [
            front(type="NodePort", **LOCAL),
            thing(
                "TargetGroupBinding",
                "it",
                version="elbv2.k8s.aws/v1beta1",
                namespace="ingress-nginx",
                spec={"serviceRef": {"name": "ingress-nginx-controller", "port": 80}, "targetType": "ip"},
            ),
        ],
        ["aws-nlb:no-client-ip"],
    ),
]


@pytest.mark.parametrize(("objects", "words"), FOUND)
def test_hops_that_the_input_speaks_of(objects: list[Object], words: list[str]) -> None:
    simulation = shop(ingress(), *objects)
    assert [hop.word for hop in simulation.hops] == words
    assert asked(simulation, "input").request.via == tuple(words)


# --- caches -----------------------------------------------------------------------------------------------------------

HTML, CSS = ("Content-Type", "text/html"), ("Content-Type", "text/css")
KEPT: list[tuple[str, str, int, list[tuple[str, str]], int, int]] = [
    ("gcp-cdn", "/", 200, [HTML], 0, 0),
    ("gcp-cdn", "/a.css", 200, [CSS], 3600, 86400),
    ("gcp-cdn+ttl=60+stale=0", "/a.css", 200, [CSS], 60, 0),
    ("gcp-cdn", "/", 200, [HTML, ("Cache-Control", "public, max-age=30")], 30, 86400),
    ("gcp-cdn", "/a.css", 200, [CSS, ("Cache-Control", "private, max-age=30")], 0, 0),
    ("gcp-cdn", "/a.css", 200, [CSS, ("Set-Cookie", "a=b")], 0, 0),
    ("gcp-cdn", "/a.css", 200, [CSS, ("Vary", "Accept-Encoding")], 3600, 86400),
    ("gcp-cdn", "/a.css", 200, [CSS, ("Vary", "Cookie")], 0, 0),
    ("gcp-cdn", "/a.css", 200, [CSS, ("Cache-Control", "max-age=9, stale-while-revalidate=5")], 9, 5),
    ("gcp-cdn", "/", 404, [HTML], 120, 86400),
    ("gcp-cdn", "/", 503, [HTML], 0, 86400),
    ("gcp-cdn+stale=600", "/", 503, [HTML], 0, 600),
    ("gcp-cdn:use-origin-headers", "/a.css", 200, [CSS], 0, 0),
    ("gcp-cdn:force-cache-all", "/", 200, [HTML, ("Cache-Control", "private")], 3600, 86400),
    ("cloudflare", "/", 200, [HTML], 0, 0),
    ("gcp-cdn:force-cache-all", "/", 200, [HTML, ("Set-Cookie", "a=b")], 0, 0),
    ("cloudflare", "/a.css?v=1", 200, [CSS], 7200, 0),
    ("cloudflare", "/a.css", 200, [CSS, ("Cache-Control", "max-age=9, stale-if-error=60")], 9, 60),
    ("fastly", "/", 200, [HTML], 3600, 0),
]


@pytest.mark.parametrize(("via", "path", "status", "headers", "fresh", "stale"), KEPT)
def test_what_a_cache_may_do_with_an_answer(
    via: str, path: str, status: int, headers: list[tuple[str, str]], fresh: int, stale: int
) -> None:
    request = Request(host="web.example.com", path=path, via=[via])
    cache = shop(ingress()).route(request, lambda _: Answer(status, headers)).outcomes[0].cache
    assert cache is not None
    assert (cache.kept, cache.fresh, cache.stale) == (fresh > 0, fresh, stale)


def test_without_a_cache_there_is_nothing_to_say() -> None:
    assert asked(shop(ingress()), "aws-alb").outcomes[0].cache is None


# --- faces ------------------------------------------------------------------------------------------------------------


def test_why_shows_the_way_and_the_cache(tmp_path: Any) -> None:
    manifest = tmp_path / "shop.yaml"
    manifest.write_text(manifests(*served("web"), LISTED), encoding="utf-8")
    asked = ["why", "http://web.example.com/", str(manifest), "--client", CLIENT]
    ran = run(*asked, "--via", "gcp-cdn")
    assert ran.status == 1
    assert "hop       gcp-cdn" in ran.out
    assert "cache  Cloud CDN does not keep it, because of its status" in ran.out
    (tmp_path / "nginxsim.toml").write_text('via = ["cloudflare"]\n', encoding="utf-8")
    assert "hop       cloudflare" in run(*asked).out
    (tmp_path / "nginxsim.toml").write_text('via = ["cloudflair"]\n', encoding="utf-8")
    ran = run(*asked)
    assert ran.status == 2
    assert 'nginxsim.toml: no hop is called "cloudflair"; did you mean "cloudflare"?' in ran.err


def test_the_page_is_that_of_the_tables() -> None:
    text = (ROOT / "docs/hops.md").read_text(encoding="utf-8")
    assert page(text) == text, "run python -m nginxsim.around.pages docs/hops.md"
