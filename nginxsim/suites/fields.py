"""The fields of a suite file: what the reader knows, and what the published JSON Schema says, are this one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from nginxsim.catalogue import BY_CODE, BY_NUMBER

Schema: TypeAlias = Mapping[str, Any]

FAILURES = ("refused", "timeout", "tls", "protocol")
HTTP_VERSIONS = ("1.0", "1.1", "2")

TEXT: Schema = {"type": "string"}
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
SETTABLE: Schema = {"type": ["string", "number", "boolean", "null"]}
PLACEHOLDER: Schema = {"type": "string", "pattern": r"^\{\w+\}$"}
"""A column of for_each, which may stand for any value."""


def either(*schemas: Schema) -> Schema:
    """One of these, or a column of for_each."""
    return {"anyOf": [*schemas, PLACEHOLDER]}


def number(low: int, high: int | None = None) -> Schema:
    return either({"type": "integer", "minimum": low, **({} if high is None else {"maximum": high})})


FLAG: Schema = either({"type": "boolean"})
STATUS: Schema = either(
    {"type": "integer", "minimum": 100, "maximum": 599}, {"type": "string", "pattern": r"^([1-5]xx|[1-5]\d\d|closed)$"}
)
PROBABILITY: Schema = either(
    {"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^\d+(\.\d+)?%$"}
)
CAUSES = tuple(
    name
    for names in zip(BY_CODE, BY_NUMBER, strict=True)
    if not names[0].startswith("upgrade-")  # what an upgrade changes is the cause of no answer
    for name in names
)
CAUSE: Schema = either({"enum": list(CAUSES)})


def texts(value: Schema = TEXT) -> Schema:
    """One value or a list of such."""
    return {"anyOf": [value, {"type": "array", "items": value}]}


def named(value: Schema) -> Schema:
    """A mapping with free names."""
    return {"type": "object", "additionalProperties": value}


def reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it is for, and the schema of its value."""

    about: str
    schema: Schema


Table: TypeAlias = Mapping[str, Field]

HEADERS = named(texts(SCALAR))

ANSWER: Table = {
    "status": Field("Status of the answer; default 200.", number(100, 599)),
    "headers": Field("Headers of the answer.", HEADERS),
    "body_bytes": Field("Size of the answer's body, which compression depends on.", number(0)),
    "fails": Field("No answer comes, and why.", either({"enum": list(FAILURES)})),
}

SERVICES: Schema = {
    "type": "object",
    "description": 'Services by "namespace/name", "namespace/name:port" or URL.',
    "additionalProperties": {
        "anyOf": [
            number(100, 599),
            reference("answer"),
            {
                "type": "object",
                "description": 'Answers by path: "/exact", "/under/*" or "*".',
                "additionalProperties": {"anyOf": [number(100, 599), reference("answer")]},
                "propertyNames": {"pattern": r"^(/|\*$)"},
            },
        ]
    },
}

REQUEST: Table = {
    "url": Field("http:// or https:// URL; the path is sent as written.", TEXT),
    "method": Field("Request method; default GET.", TEXT),
    "headers": Field("Request headers; a list sends the header several times.", HEADERS),
    "client": Field("The client's address as nginx sees it; default 127.0.0.1.", TEXT),
    "via": Field(
        "What the request comes through before nginx, from the client inward: cloudflare, aws-nlb:proxy-v2, "
        "proxy=10.0.0.0/8 and others (docs/hops.md); client is then the address that set out.",
        texts(),
    ),
    "body_bytes": Field("Size of the request's body.", number(0)),
    "http_version": Field("Protocol version; default 1.1.", either({"enum": [*HTTP_VERSIONS, 1.0, 1.1, 2]})),
    "port": Field("Port of the controller that the request comes to; default 80 or 443.", number(1, 65535)),
    "proxy_protocol": Field(
        "The PROXY line before the request: true, false, the port that it names, or the whole line; default where the "
        "port reads one.",
        either({"type": "boolean"}, {"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string"}),
    ),
    "sni": Field("Server name of the TLS handshake; default the URL's host.", TEXT),
    "client_certificate": Field("File with the client's certificate in PEM, relative to the suite file.", TEXT),
    "as": Field('Who asks an auth server: "anonymous" (default), or "ann@example.com,group=ops".', TEXT),
}

UPSTREAM: Table = {
    "method": Field("Method that the service is sent.", SCALAR),
    "uri": Field("Request target that the service is sent, query included.", SCALAR),
    "host": Field("Host header that the service is sent.", SCALAR),
    "protocol": Field("http, https, grpc, grpcs or fastcgi.", SCALAR),
    "headers": Field('Headers that the service is sent: text, "~regex", or "" for absent.', HEADERS),
}

EXPECT: Table = {
    "status": Field('A status, a class such as "4xx", or "closed" for no HTTP answer.', STATUS),
    "cause": Field("Code or NX number of the cause.", CAUSE),
    "service": Field('The Service that answers, "ns/name" or "ns/name:port"; "" for none.', TEXT),
    "upstream": Field("What the answering service is sent.", reference("upstream")),
    "headers": Field('Response headers: text, "~regex" (searched), or "" for absent.', HEADERS),
    "redirect": Field('"308 https://host/path", a location without status, or "" for no redirect.', TEXT),
    "denied": Field("Whether the client is kept away: 401, 403, or an annotation that closes the location.", FLAG),
    "nginx_refuses": Field("Whether nginx refuses the whole configuration; unless this says so, it may not.", FLAG),
    "probability": Field("Share of requests that end so, where chance decides; default: all of them.", PROBABILITY),
    "outcomes": Field(
        "Several ways to end: each is expected with its probability, or at all.",
        {"type": "array", "items": reference("expect")},
    ),
}

WITH: Table = {
    "annotations": Field(
        'Annotations of Ingress "ns/name" ("*": of all); null takes one away.',
        named(named(SETTABLE)),
    ),
    "configmap": Field("Keys of the controller's ConfigMap; null takes one away.", named(SETTABLE)),
    "flags": Field("Further flags of the controller's command line.", {"type": "array", "items": TEXT}),
}

DEFAULTS: Table = {
    "as": REQUEST["as"],
    "client": REQUEST["client"],
    "via": REQUEST["via"],
    "headers": REQUEST["headers"],
    "http_version": REQUEST["http_version"],
    "port": REQUEST["port"],
    "tags": Field("Tags of every test of the file.", texts()),
}

TEST: Table = {
    "name": Field("What the test shows; default: its request.", SCALAR),
    "request": Field('"URL", "METHOD URL", or a mapping with url and more.', {"anyOf": [TEXT, reference("request")]}),
    "client": REQUEST["client"],
    "as": REQUEST["as"],
    "via": REQUEST["via"],
    "draw": Field(
        "Pins the canary's draw: the canary takes the request when this number is below its weight.",
        number(0),
    ),
    "services": Field("What services answer in this test, before what the file says.", SERVICES),
    "with": Field("What if: annotations, ConfigMap keys and flags that this test changes.", reference("with")),
    "for_each": Field(
        "Table: {column: [values]} for every combination, or a list of rows {column: value}.",
        {"anyOf": [named({"type": "array", "minItems": 1}), {"type": "array", "items": {"type": "object"}}]},
    ),
    "expect": Field("What is expected.", reference("expect")),
    "tags": Field("Words to choose tests by.", texts()),
    "only": Field("Runs only tests marked so.", FLAG),
    "skip": Field("Leaves the test out; text says why.", {"type": ["boolean", "string"]}),
}

HELM: Table = {
    "chart": Field("The chart's folder, relative to this file.", TEXT),
    "values": Field("Files with values, relative to this file.", texts()),
    "set": Field("NAME=VALUE, as helm's --set.", texts()),
    "release": Field("The release's name; default: the chart's.", TEXT),
    "namespace": Field("The release's namespace; default: default.", TEXT),
}
SUITE: Table = {
    "$schema": Field("Address of this schema, for editors.", TEXT),
    "manifests": Field("Files and folders, relative to this file; default: its folder.", texts()),
    "helm": Field("A chart that belongs to the manifests, or is all of them.", reference("helm")),
    "flags": Field("The controller's command line.", {"type": "array", "items": TEXT}),
    "release": Field("Controller version; default: as nginxsim.toml or the manifests say, else the newest.", TEXT),
    "controller": Field("Of several controllers in the manifests, the one that is meant: NS/NAME.", TEXT),
    "facts": Field("KEY=VALUE: what a distributor's build of that version has otherwise.", texts()),
    "templates": Field("Folders whose Jinja2 templates lie over nginxsim's own, relative to this file.", texts()),
    "services": Field("What services answer; default 200.", SERVICES),
    "defaults": Field("Request fields and tags for every test.", reference("defaults")),
    "tests": Field("The tests.", {"type": "array", "items": reference("test")}),
}
