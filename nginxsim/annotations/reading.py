"""How parsers read the annotations of one Ingress: the controller's rules for names, aliases and emptiness.

ingress-nginx 1.15.1: internal/ingress/annotations/parser/{main,validators}.go
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from nginxsim.annotations.faults import BadContent, Evidence, Fault, Missing, Refused
from nginxsim.config.scope import Stores
from nginxsim.golang.strconv import atoi, parse_bool, trim

if TYPE_CHECKING:
    from collections.abc import Callable

    from nginxsim.annotations.rows import Annotation
    from nginxsim.annotations.values import Named
    from nginxsim.config.certificates import CertificateStore
    from nginxsim.config.settings import Settings
    from nginxsim.kube.objects import Meta
    from nginxsim.releases import Release

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What parsers may look at beside the Ingress itself."""

    settings: Settings
    certificates: CertificateStore
    stores: Stores
    prefix: str
    """With its slash: "nginx.ingress.kubernetes.io/"."""
    validate: bool
    release: Release
    rows: Mapping[Annotation, Annotation]
    """The rows that the release has otherwise than the newest, as it has them."""

    def refuses(self, row: Annotation, value: str) -> bool:
        """Whether the validator does not let a value pass; an empty one is never validated."""
        if not self.validate or not value:
            return False
        broken = row.validator.one_line and self.release.refuses_line_breaks and not _is_one_line(value)
        return broken or not row.validator.accepts(value)


class AnnotationReader:
    """The annotations of one Ingress. `faults` collects what was found wrong, whether or not the parser went on."""

    __slots__ = ("annotations", "faults", "meta", "surroundings")

    def __init__(self, meta: Meta, annotations: Mapping[str, str], surroundings: Surroundings) -> None:
        self.meta = meta
        self.annotations = annotations
        self.surroundings = surroundings
        self.faults: list[Fault] = []

    @property
    def settings(self) -> Settings:
        return self.surroundings.settings

    @property
    def release(self) -> Release:
        return self.surroundings.release

    @property
    def stores(self) -> Stores:
        return self.surroundings.stores

    # Four manners of reading: what is missing, unreadable or refused raises; only what is missing is forgiven (if_set);
    # what is missing or unreadable is forgiven (unless_refused); everything is forgiven (or).

    def text(self, row: Annotation) -> str:
        """The value with every line trimmed. Raises Missing, BadContent (nothing is left) or Refused."""
        found = self._find(row)
        if found is None:
            raise Missing
        return self._read(row, *found, _trimmed)

    def flag(self, row: Annotation) -> bool:
        found = self._find(row)
        if found is None:
            raise Missing
        return self._read(row, *found, parse_bool)

    def text_if_set(self, row: Annotation) -> str:
        return self._value(row, _trimmed, "", ())

    def flag_if_set(self, row: Annotation, *, default: bool = False) -> bool:
        return self._value(row, parse_bool, default, ())

    def number_if_set(self, row: Annotation) -> int:
        return self._value(row, atoi, 0, ())

    def text_unless_refused(self, row: Annotation, default: str = "") -> str:
        return self._value(row, _trimmed, default, BadContent)

    def flag_unless_refused(self, row: Annotation) -> bool:
        return self._value(row, parse_bool, False, BadContent)

    def number_unless_refused(self, row: Annotation) -> int:
        return self._value(row, atoi, 0, BadContent)

    def text_or(self, row: Annotation, default: str = "") -> str:
        return self._value(row, _trimmed, default, Fault)

    def flag_or(self, row: Annotation, *, default: bool = False) -> bool:
        return self._value(row, parse_bool, default, Fault)

    def flag_or_none(self, row: Annotation) -> bool | None:
        return self._value(row, parse_bool, None, Fault)

    def number_or(self, row: Annotation, default: int = 0) -> int:
        return self._value(row, atoi, default, Fault)

    def is_foreign(self, namespace: str) -> bool:
        """Whether a namespace is another than the Ingress' own, and the ConfigMap does not allow to look there."""
        return namespace != self.meta.namespace and not self.settings.allow_cross_namespace_resources

    def fits(self, row: Annotation, value: str) -> bool:
        """Whether the row's pattern fits, which some parsers ask again of what they have read."""
        return self._at_release(row).validator.matches(value)

    def evidence(self, row: Annotation, offending: str = "", expected: str = "") -> Evidence:
        """What a fault about this annotation should point at."""
        found = self._find(row)
        name, value = found or (self.surroundings.prefix + row.name, "")
        expected = expected or self._at_release(row).validator.expected
        return Evidence(name.removeprefix(self.surroundings.prefix), value, offending, expected)

    def missing(self, row: Annotation, named: Named, expected: str = "") -> Evidence:
        """The same where what the value names is not there."""
        return replace(self.evidence(row, named.key, expected), missing=named)

    def ignore(self, reason: str, evidence: Evidence) -> None:
        """Note something that the controller passes over."""
        self.faults.append(Fault(reason, evidence))

    def _at_release(self, row: Annotation) -> Annotation:
        return self.surroundings.rows.get(row, row)

    def _find(self, row: Annotation) -> tuple[str, str] | None:
        """(full name, value): the first alias that says something stands in for a name that is absent or empty."""
        prefix = self.surroundings.prefix
        name = prefix + row.name
        value = self.annotations.get(name)
        if not value:
            for alias in row.aliases:
                if said := self.annotations.get(prefix + alias):
                    return prefix + alias, said
        return None if value is None else (name, value)

    def _value(
        self,
        row: Annotation,
        read: Callable[[str], Value],
        default: Value,
        forgiven: type[Fault] | tuple[()],
    ) -> Value:
        found = self._find(row)
        if found is None:
            return default
        try:
            return self._read(row, *found, read)
        except forgiven:
            return default

    def _read(self, row: Annotation, name: str, value: str, read: Callable[[str], Value]) -> Value:
        now = self._at_release(row)
        if self.surroundings.refuses(now, value):
            raise self._noted(Refused(name, self.evidence(row, now.validator.offender(value))))
        try:
            return read(value)
        except ValueError:
            raise self._noted(BadContent(name, self.evidence(row))) from None

    def _noted(self, fault: Fault) -> Fault:
        self.faults.append(fault)
        return fault


def _is_one_line(value: str) -> bool:
    return "\n" not in value and "\r" not in value


def _trimmed(value: str) -> str:
    text = "\n".join(map(trim, value.split("\n")))
    if not text:
        raise ValueError("empty")
    return text
