"""Where Pods may run.

Source: kubernetes 1.34 pkg/apis/core/validation/validation.go (validateAffinity, ValidateTolerations,
validateTopologySpreadConstraints).
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.place import Place
from nginxsim.kube.validation.rules.selectors import comparison

_COMPARING = ("Gt", "Lt")
_EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")


def toleration(place: Place) -> Iterator[Fault]:
    key, operator, effect, value = (place[name] for name in ("key", "operator", "effect", "value"))
    if key:
        yield from key.must_be("qualified")
    elif operator.text != "Exists":
        yield operator.invalid("has to be Exists where there is no key", operator.text)
    if place["tolerationSeconds"].is_there and effect.text != "NoExecute":
        yield effect.invalid("has to be NoExecute where there are tolerationSeconds", effect.text)
    if operator.text in ("", "Equal"):
        yield from (value.invalid(says, named=operator.field) for says in FORMATS["label-value"](value.text))
    elif operator.text != "Exists":
        yield operator.unsupported(("Equal", "Exists"))
    elif value:
        yield value.invalid("does not go with Exists", named=operator.field)
    if effect and effect.text not in _EFFECTS:
        yield effect.unsupported(_EFFECTS)


def node_selector(place: Place) -> Iterator[Fault]:
    """What a node has to be; the values of what it had better be are not looked at."""
    terms = place["nodeSelectorTerms"]
    if not terms:
        yield terms.required()
    for term in terms.items():
        for expression in term["matchExpressions"].items():
            for value in expression["values"].items():
                yield from value.must_be("label-value")


def node_term(place: Place) -> Iterator[Fault]:
    for expression in place["matchExpressions"].items():
        yield from comparison(expression, _COMPARING)
    for field in place["matchFields"].items():
        yield from _field(field)


def _field(place: Place) -> Iterator[Fault]:
    operator, values, key = place["operator"], place["values"], place["key"]
    if operator.text not in ("In", "NotIn"):
        yield operator.invalid("is not one of In, NotIn", operator.text)
    elif len(values.items()) != 1:
        yield values.required("has to be one value")
    if key.text != "metadata.name":
        yield key.invalid("is not metadata.name, the only field there is", key.text)
    else:
        yield from (fault for value in values.items() for fault in value.must_be("subdomain"))


def pod_term(place: Place) -> Iterator[Fault]:
    for name in place["namespaces"].items():
        yield from name.must_be("label", named=f"{place.field}.namespace")
    key = place["topologyKey"]
    if not key:
        yield key.required()
    yield from key.must_be("qualified")


def spread(place: Place) -> Iterator[Fault]:
    domains, action = place["minDomains"], place["whenUnsatisfiable"].text
    if domains.is_there and domains.number <= 0:
        yield domains.invalid("is not more than 0")
    if domains.is_there and action != "DoNotSchedule":
        yield domains.invalid("goes with whenUnsatisfiable DoNotSchedule only")


def spreads(place: Place) -> Iterator[Fault]:
    """Of a Pod's spec: each key and action once."""
    constraints = place["topologySpreadConstraints"].items()
    keys = [(each["topologyKey"].text, each["whenUnsatisfiable"].text) for each in constraints]
    for i, constraint in enumerate(constraints):
        if keys[i] in keys[i + 1 :]:
            named = f"{constraint.field}.{{topologyKey, whenUnsatisfiable}}"
            yield constraint.duplicate(f"{{{', '.join(keys[i])}}}", named=named)
