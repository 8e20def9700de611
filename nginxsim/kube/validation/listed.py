"""What kubectl asks by itself of the items of a List: it checks them against the API server's OpenAPI description,
since no server can validate a List.

Source: kubernetes 1.35 staging/src/k8s.io/kubectl/pkg/validation/validation.go (validateList),
k8s.io/kube-openapi/pkg/util/proto/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.kube.validation.faults import Fault, Key, Path, Reason
from nginxsim.kube.validation.schema import Type, struct
from nginxsim.kube.validation.values import Json


def incomplete(value: Json, wanted: Type, path: Path = ()) -> Iterator[Fault]:
    """Required fields that are missing, and null where only a field may be null."""
    if wanted.kind == "struct" and isinstance(value, dict):
        yield from _in_struct(value, wanted, path)
    elif wanted.of and isinstance(value, list | dict):
        pairs = enumerate(value) if isinstance(value, list) else ((Key(name), item) for name, item in value.items())
        for step, item in pairs:
            if item is None:
                yield Fault(Reason.REQUIRED, (*path, step), "is null, which kubectl does not take in a List")
            yield from incomplete(item, wanted.of, (*path, step))


def _in_struct(value: dict[str, Json], wanted: Type, path: Path) -> Iterator[Fault]:
    for name, field in struct(wanted.name).fields.items():
        if name in value:
            yield from incomplete(value[name], field.type, (*path, name))
        elif field.openapi:
            yield Fault(Reason.REQUIRED, (*path, name), "is missing, which kubectl does not take in a List")
