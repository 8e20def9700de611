"""The auth servers that locations lead to: found in the input, and asked by nginx as recorded."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from nginxsim import Answer, Request, Simulation, UsageError, Visitor
from tests.support.estates import Object, config_map, estate, ingress, served, service, thing
from tests.support.places import DATA

SERVER = "http://oauth2-proxy.auth.svc.cluster.local:4180"
SIGN_IN = "http://auth.example.com/oauth2/start?rd=http://$host$request_uri"
SNIPPETS = {"allow-snippet-annotations": "true", "annotations-risk-level": "Critical"}
ADA = Visitor("ada@example.com", ("ops", "dev"), "u1", "ada", access_token="at-123")
LOCAL = [
    service("ingress-nginx-controller", namespace="ingress-nginx", ports=[{"port": 80}]),
    {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "ingress-nginx-controller-1",
            "namespace": "ingress-nginx",
            "labels": {"kubernetes.io/service-name": "ingress-nginx-controller"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"]}],
        "ports": [{"port": 80}],
    },
]
"""nginx asks from 127.0.0.1, as the recorded one did."""


def proxy(*flags: str, version: str = "v7.15.6", **container: Any) -> list[Object]:
    """oauth2-proxy in the namespace auth."""
    labels = {"app": "oauth2-proxy"}
    image = f"mirror.test/oauth2-proxy/oauth2-proxy:{version}"
    volumes = container.pop("volumes", [])
    pod = {"containers": [{"name": "p", "image": image, "args": list(flags), **container}], "volumes": volumes}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return [
        service("oauth2-proxy", namespace="auth", selector=labels, ports=[{"port": 4180}]),
        thing("Deployment", "oauth2-proxy", namespace="auth", spec=spec),
    ]


def recorded() -> list[Any]:
    found = []
    for version in ("7.15.6", "7.1.3", "7.15.6-spoofed"):
        told = yaml.safe_load((DATA / "oauth2_proxy" / f"{version}.yaml").read_text(encoding="utf-8"))
        for case in told["cases"]:
            asked = [request for request in case.get("requests", []) if "behind" in request]
            if asked:
                flags = [*told["base_flags"], *case["flags"]]
                found.append(pytest.param(version.partition("-")[0], flags, asked, id=f"{version} {case['case']}"))
    return found


def guarded(behind: str) -> list[Object]:
    """The paths of the recorded nginx: /plain answers the auth server's refusal, the others lead to its page."""
    path, _, directive = behind.partition(" ")
    notes = {"auth-url": f"{SERVER}{path}", "auth-response-headers": "X-Auth-Request-Email"}
    if directive:
        notes["auth-snippet"] = directive.strip("()")
    return [
        ingress("web", "app.example.com", "/", annotations={**notes, "auth-signin": SIGN_IN}),
        ingress("plain", "app.example.com", "/plain", annotations=notes),
    ]


@pytest.mark.parametrize(("version", "flags", "requests"), recorded())
def test_nginx_makes_of_it_what_it_made_of_the_real_one(version, flags, requests):
    for behind in dict.fromkeys(request["behind"] for request in requests):
        objects = [*served("web"), *served("plain"), *LOCAL, config_map(SNIPPETS), *guarded(behind)]
        simulation = estate(*objects, *proxy(*flags, version=f"v{version}"))
        for request in requests:
            if request["behind"] == behind:
                _ask(simulation, request)


def _ask(simulation: Simulation, request: dict[str, Any]) -> None:
    method, path = request["request"].split(" ")
    given = dict(request.get("with", {}))
    who = ADA if "{session}" in given.pop("Cookie", "") else "anonymous"
    client = given.pop("X-Test-Client", "127.0.0.1")
    verdict = simulation.route(
        Request(host="app.example.com", path=path, method=method, headers=[*given.items()], client=client, as_=who)
    )
    assert verdict.status == request["status"], request
    wanted = request.get("headers", {}).get("location")
    assert wanted in (None, dict(verdict.headers).get("Location"))
    if seen := request.get("upstream_saw"):
        assert dict(verdict.upstream.headers)["X-Auth-Request-Email"] == seen["x-seen-email"]


# --- where its configuration is found ---------------------------------------------------------------------------------

TRUSTED = "203.0.113.0/24"
FILE = """
email_domains = ["*"]
cookie_secret = "0123456789abcdef"
reverse_proxy = true
trusted_ips = ["203.0.113.0/24"]
"""
ALPHA = """
server: {bindAddress: "0.0.0.0:4180"}
injectResponseHeaders:
- {name: X-Auth-Request-Email, values: [{claimSource: {claim: email}}]}
providers:
- {id: p, provider: google, clientID: app, clientSecret: s}
"""
VARIABLES = [
    {"name": "OAUTH2_PROXY_EMAIL_DOMAINS", "value": "*"},
    {"name": "OAUTH2_PROXY_REVERSE_PROXY", "value": "true"},
    {"name": "OAUTH2_PROXY_TRUSTED_IPS", "value": f"198.51.100.1,{TRUSTED}"},
    {"name": "OAUTH2_PROXY_COOKIE_SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
]
MOUNTED = {
    "volumes": [{"name": "conf", "configMap": {"name": "conf"}}],
    "volumeMounts": [{"name": "conf", "mountPath": "/etc/oauth2-proxy"}],
}


def conf(data: dict[str, str]) -> Object:
    return thing("ConfigMap", "conf", namespace="auth", data=data)


BASE = ("--email-domain=*", "--cookie-secret=0123456789abcdef", "--reverse-proxy")
CONFIGURED = {
    "flags": (proxy(*BASE, f"--trusted-ip={TRUSTED}"), 0),
    "a flag's value in the next word": (
        proxy("--email-domain", "*", "--cookie-secret", "0123456789abcdef", "--reverse-proxy", "--trusted-ip", TRUSTED),
        0,
    ),
    "variables": (proxy(env=VARIABLES), 0),
    "variables of a ConfigMap": (
        [
            *proxy(env=VARIABLES[3:], envFrom=[{"configMapRef": {"name": "conf"}}]),
            conf({each["name"]: each.get("value", "") for each in VARIABLES[:3]}),
        ],
        0,
    ),
    "a variable in a flag": (
        proxy("--trusted-ip=$(NET)", *BASE, env=[{"name": "NET", "value": TRUSTED}]),
        0,
    ),
    "its configuration file": (
        [*proxy("--config=/etc/oauth2-proxy/oauth2_proxy.cfg", **MOUNTED), conf({"oauth2_proxy.cfg": FILE})],
        0,
    ),
    "its alpha configuration": (
        [
            *proxy(*BASE, f"--trusted-ip={TRUSTED}", "--alpha-config=/etc/oauth2-proxy/alpha.yaml", **MOUNTED),
            conf({"alpha.yaml": ALPHA}),
        ],
        0,
    ),
    "a flag that the alpha configuration takes the place of": (
        [
            *proxy(*BASE, "--upstream=static://202", "--alpha-config=/etc/oauth2-proxy/alpha.yaml", **MOUNTED),
            conf({"alpha.yaml": ALPHA}),
        ],
        500,
    ),
    "a file that is not in the input": (proxy("--config=/etc/oauth2-proxy/oauth2_proxy.cfg", **MOUNTED), 401),
    "variables that are not in the input": (proxy(envFrom=[{"secretRef": {"name": "gone"}}]), 401),
    "nothing at all": (proxy(), 500),
}  # fmt: skip


@pytest.mark.parametrize(("objects", "status"), CONFIGURED.values(), ids=CONFIGURED.keys())
def test_its_configuration_is_found_wherever_it_is_told(objects, status):
    simulation = estate(*served("web"), ingress(annotations={"auth-url": f"{SERVER}/oauth2/auth"}), *objects)
    trusted = simulation.route(Request(host="web.example.com", client="203.0.113.9"))
    assert trusted.status == (status or 200)
    if not status:
        assert simulation.route(Request(host="web.example.com", client="192.0.2.1")).status == 401
    elif status == 401:
        assert any("not in the input" in taken for taken in trusted.assumptions)


def test_the_trace_names_the_address_and_the_line_that_let_it_in():
    for name in ("flags", "its configuration file"):
        objects = CONFIGURED[name][0]
        simulation = estate(*served("web"), ingress(annotations={"auth-url": f"{SERVER}/oauth2/auth"}), *objects)
        trace = simulation.route(Request(host="web.example.com", client="203.0.113.9")).trace
        (held,) = [step for step in trace if "trusted" in step.text]
        assert "203.0.113.9" in held.text
        assert "from X-Real-IP" in held.why
        assert held.source is not None
        assert held.source.origin is not None
        assert held.source.origin.file == "estate.yaml"


# --- where a URL leads ------------------------------------------------------------------------------------------------


def outside(*more: Object, auth: str = "https://auth.example.com/oauth2/auth") -> Simulation:
    """auth-url names the host by which clients sign in."""
    own = ingress("auth", "auth.example.com", {"/oauth2": "oauth2-proxy:4180"}, namespace="auth")
    run = proxy(*BASE, f"--trusted-ip={TRUSTED}")
    return estate(*served("web"), ingress(annotations={"auth-url": auth}), own, *run, *more)


def test_a_url_of_the_estates_own_is_followed_through_its_ingress():
    """nginx is its own client there, and the address of whoever asked first is lost."""
    request = Request(host="web.example.com", client="203.0.113.9")
    lost = outside().route(request)
    assert lost.status == 401
    assert any("comes to the controller itself" in taken for taken in lost.assumptions)
    assert outside(config_map({"use-forwarded-headers": "true"})).route(request).status == 200


def test_an_ingress_of_the_auth_server_that_guards_itself_ends_nowhere():
    guard = {"auth-url": "https://web.example.com/oauth2/auth"}
    own = ingress("own", paths={"/oauth2": "web:80"}, annotations=guard)
    verdict = estate(*served("web"), ingress(annotations=guard), own).route(Request(host="web.example.com"))
    assert verdict.status == 500


def test_of_one_that_is_known_by_name_only_its_auth_endpoint_is_played():
    named = [service("oauth2-proxy", selector={"app": "x"}), thing("Pod", "x", metadata={"labels": {"app": "x"}},
             spec={"containers": [{"name": "x", "image": "x"}]})]  # fmt: skip
    own = ingress("own", paths={"/oauth2": "oauth2-proxy:80"})
    simulation = estate(*served("web"), *named, own, ingress(annotations={"auth-url": "https://$host/oauth2/auth"}))
    assert simulation.route(Request(host="web.example.com", path="/oauth2/start")).status == 200
    assert simulation.route(Request(host="web.example.com", path="/oauth2/auth")).status == 401
    assert simulation.route(Request(host="web.example.com")).status == 401


def test_what_is_played_goes_before_what_is_known():
    verdict = outside().route(Request(host="web.example.com"), answer=lambda _: Answer(200))
    assert verdict.status == 200


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://guard.auth.svc.cluster.local/check", "lets the request through: it is played as answering 200"),
        ("http://authelia.auth.svc.cluster.local/api/verify", "Authelia answers 200 to whoever may pass"),
        ("https://id.example.org/outpost.goauthentik.io/auth/nginx", "authentik answers 200"),
        ("http://vouch-proxy.auth.svc.cluster.local/validate", "vouch-proxy answers 200"),
        ("http://pomerium-proxy.auth.svc.cluster.local/verify", "Pomerium answers (until 0.20"),
    ],
)
def test_an_auth_server_that_is_not_modelled_is_said_to_be_played(url, taken):
    verdict = estate(*served("web"), ingress(annotations={"auth-url": url})).route(Request(host="web.example.com"))
    assert verdict.status == 200
    assert any(taken in line for line in verdict.assumptions)


def test_a_second_host_header_is_more_than_such_servers_take():
    notes = {"auth-url": "http://authentik.auth.svc.cluster.local/check", "auth-snippet": "proxy_set_header Host a.b;"}
    estate_ = estate(*served("web"), config_map(SNIPPETS), ingress(annotations=notes))
    verdict = estate_.route(Request(host="web.example.com"))
    assert verdict.status == 500
    assert "take Host out of auth-snippet" in verdict.cause.fix


def test_what_nobody_can_tell_is_said_of_visitors():
    for text in ("ann@example.com,grup=ops", "anonymous,group=ops", ""):
        with pytest.raises(UsageError):
            Request(as_=text)
    visitor = Request(as_="ann@example.com,group=ops,group=dev,user=u1").visitor
    assert (visitor.email, visitor.groups, visitor.user) == ("ann@example.com", ("ops", "dev"), "u1")


@pytest.mark.parametrize(
    ("tag", "client", "taken"),
    [
        ("v6.1.1", "203.0.113.9", "behaves as oauth2-proxy 7.0.0"),
        ("v9.0.0", "203.0.113.9", "behaves as oauth2-proxy 7.15.6"),
        ("latest", "203.0.113.9", "is oauth2-proxy 7.15.6, the newest known"),
    ],
)
def test_a_version_that_is_not_known_is_taken_for_the_nearest(tag, client, taken):
    objects = proxy("--email-domain=*", "--cookie-secret=0123456789abcdef", version=tag)
    simulation = estate(*served("web"), ingress(annotations={"auth-url": f"{SERVER}/oauth2/auth"}), *objects)
    verdict = simulation.route(Request(host="web.example.com", client=client))
    assert any(taken in line for line in verdict.assumptions)


# --- a chart that is elsewhere ----------------------------------------------------------------------------------------

VALUES = {"image": {"tag": "v7.6.0"}, "extraArgs": {"reverse-proxy": True, "trusted-ip": TRUSTED}}
"""The chart's own configuration file has an upstream that serves nothing."""


def flux(values: dict[str, Any], **spec: Any) -> Object:
    chart = {
        "spec": {"chart": "oauth2-proxy", "version": "7.7.1", "sourceRef": {"kind": "HelmRepository", "name": "x"}}
    }
    return thing(
        "HelmRelease",
        "oauth2-proxy",
        version="helm.toolkit.fluxcd.io/v2",
        namespace="auth",
        spec={"chart": chart, "values": values, **spec},
    )


def argo(**helm: Any) -> Object:
    source = {"repoURL": "https://mirror.test/charts", "chart": "oauth2-proxy", "targetRevision": "7.7.1", "helm": helm}
    spec = {"source": source, "destination": {"namespace": "auth"}}
    return thing("Application", "oauth2-proxy", version="argoproj.io/v1alpha1", namespace="argocd", spec=spec)


CHARTED = {
    "a HelmRelease": (flux(VALUES), "oauth2-proxy", 200),
    "arguments as a list": (flux({"extraArgs": ["--reverse-proxy", f"--trusted-ip={TRUSTED}"]}), "oauth2-proxy", 200),
    "a configuration file among the values": (flux({"config": {"configFile": FILE}}), "oauth2-proxy", 200),
    "a name of its own": (flux({**VALUES, "fullnameOverride": "guard-oauth2-proxy"}), "guard-oauth2-proxy", 200),
    "the version of the chart": (flux({"extraArgs": {"trusted-proxy-ip": TRUSTED}}), "oauth2-proxy", 500),
    "values that are elsewhere": (flux({}, valuesFrom=[{"kind": "ConfigMap", "name": "x"}]), "oauth2-proxy", 401),
    "an Application": (argo(valuesObject=VALUES), "oauth2-proxy", 200),
    "an Application with values as text": (argo(values=yaml.safe_dump(VALUES)), "oauth2-proxy", 200),
}


@pytest.mark.filterwarnings("ignore::nginxsim.sources.SkippedFile")
@pytest.mark.parametrize(("asked_for", "name", "status"), CHARTED.values(), ids=CHARTED.keys())
def test_a_chart_that_is_elsewhere_is_read_by_its_values(asked_for, name, status):
    url = f"http://{name}.auth.svc.cluster.local/oauth2/auth"
    simulation = estate(*served("web"), ingress(annotations={"auth-url": url}), asked_for)
    verdict = simulation.route(Request(host="web.example.com", client="203.0.113.9"))
    assert verdict.status == status
    assert any(f"{asked_for['kind']} " in step.why for step in verdict.trace)
