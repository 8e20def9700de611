"""Which parts of a document no report may show: what a Secret holds."""

from __future__ import annotations

import yaml

SHOWN = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})
"""Fields of a Secret that hold no secret. Any other may be a misspelt `data`."""
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object as it was applied."""


def is_secret(node: yaml.Node) -> bool:
    """A Secret, or what is nearly called so."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    kinds = [value for key, value in pairs if isinstance(key, yaml.ScalarNode) and key.value == "kind"]
    return any(isinstance(kind, yaml.ScalarNode) and kind.value.lower().startswith("secret") for kind in kinds)


def is_held(path: tuple[str | int, ...]) -> bool:
    """Whether the path, which begins in a Secret, leads to a value that must not be shown."""
    return bool(path) and (path[0] not in SHOWN or APPLIED in path)
