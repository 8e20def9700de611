"""Label selectors.

Source: kubernetes 1.34 staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.place import Place

OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")


def requirement(place: Place) -> Iterator[Fault]:
    """One of matchExpressions."""
    yield from comparison(place)
    for value in place["values"].items():
        yield from value.must_be("label-value")


def comparison(place: Place, comparing: Sequence[str] = ()) -> Iterator[Fault]:
    """A key with an operator and the values that it takes; comparing: operators of one number."""
    operator, values = place["operator"], place["values"]
    if operator.text in ("In", "NotIn"):
        if not values:
            yield values.required(f"is missing, which {operator.text} needs")
    elif operator.text in comparing:
        if len(values.items()) != 1:
            yield values.required(f"has to be one number for {operator.text}")
    elif operator.text not in OPERATORS:
        yield operator.invalid(f"is not one of {', '.join((*OPERATORS, *comparing))}", operator.text)
    elif values:
        yield values.forbidden(f"does not go with {operator.text}")
    yield from place["key"].must_be("qualified")


def matches(selector: Place, labels: Mapping[str, str]) -> bool:
    """Whether the selector finds an object with these labels. One that is not written finds nothing."""
    if not selector.is_there:
        return False
    wanted = {name: entry.text for name, entry in selector["matchLabels"].entries().items()}
    expressions = selector["matchExpressions"].items()
    return wanted.items() <= labels.items() and all(_holds(each, labels) for each in expressions)


def _holds(expression: Place, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"].text), expression["values"].texts()
    match expression["operator"].text:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
    return value is None


def is_sound(selector: Place) -> bool:
    """Whether there is nothing wrong with the selector itself."""
    labels = selector["matchLabels"]
    faults = chain(
        labels.keys_must_be("qualified"),
        labels.values_must_be("label-value"),
        *map(requirement, selector["matchExpressions"].items()),
    )
    return next(faults, None) is None
