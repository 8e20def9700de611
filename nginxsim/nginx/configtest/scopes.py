"""What is known while a conf is read: the open blocks, and what was defined so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.builds import Build
from nginxsim.nginx.configtest.faults import Fault, Refused
from nginxsim.nginx.configtest.scripts import regex, variables
from nginxsim.nginx.configtest.variables import HTTP, OF_MODULES, STREAM, BuiltIn
from nginxsim.nginx.directives import view
from nginxsim.nginx.tree import Directive


@dataclass(slots=True, eq=False)
class Scope:
    """An open block. kind: of directives.CONTEXTS. values: what its directives set; setters: which directive did."""

    kind: str
    directive: Directive
    parent: Scope | None = None
    values: dict[str, Any] = field(default_factory=dict)
    setters: dict[str, Directive] = field(default_factory=dict)
    inner: list[Scope] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """What is known of the block itself: the name of a location, the flags of an upstream."""

    def once(self, directive: Directive, value: Any = None) -> None:
        """Set a value that may be set once in a block."""
        if directive.name in self.values:
            raise Refused(f'"{directive.name}" directive is duplicate')
        self.keep(directive, value)

    def keep(self, directive: Directive, value: Any = None) -> None:
        self.values[directive.name] = value
        self.setters[directive.name] = directive

    def value(self, name: str, default: Any = None) -> Any:
        """The value in force here: this block's or that of the nearest block around it that has a good one."""
        scope: Scope | None = self
        while scope is not None:
            if (found := scope.values.get(name)) is not None:
                return found
            scope = scope.parent
        return default

    def open(self, kind: str, directive: Directive, **facts: Any) -> Scope:
        scope = Scope(kind, directive, self, facts=facts)
        self.inner.append(scope)
        return scope

    @property
    def is_stream(self) -> bool:
        return self.kind.startswith("stream")


@dataclass(slots=True)
class Zone:
    """A shared memory zone. owner: the module; size 0: only referred to so far. used_by: where it was seen first."""

    owner: str
    size: int
    used_by: Directive
    bound: bool = False


@dataclass(slots=True)
class Names:
    """What http, and apart from it stream, has by name."""

    built_in: BuiltIn
    kind: str
    defined: set[str] = field(default_factory=set)
    used: dict[str, Directive] = field(default_factory=dict)
    formats: dict[str, Directive] = field(default_factory=dict)
    upstreams: dict[str, list[Any]] = field(default_factory=dict)
    listening: dict[Any, Any] = field(default_factory=dict)
    servers: list[Scope] = field(default_factory=list)


Resolver: TypeAlias = Callable[[str], bool]


class Conf:
    """One conf file under examination."""

    def __init__(self, files: Mapping[str, bytes], build: Build, resolves: Resolver = values.resolves) -> None:
        self.nginx = view(build.release)
        self.loadable = build.loadable
        self.files = files
        self.resolves = resolves
        self.faults: list[Fault] = []
        self.modules: set[str] = {"", *build.modules}
        self.zones: dict[str, Zone] = {}
        self.http = Names(HTTP.of(build.release), "http")
        self.stream = Names(STREAM.of(build.release), "stream")

    def names(self, scope: Scope) -> Names:
        return self.stream if scope.is_stream else self.http

    def fault(
        self, message: str, directive: Directive | None, severity: str = "emerg", beside: Directive | None = None
    ) -> None:
        line, text = (directive.line, str(directive)) if directive else (0, "")
        self.faults.append(Fault(message, line, text, severity, beside.line if beside else 0))

    def warn(self, message: str, directive: Directive | None) -> None:
        self.fault(message, directive, "warn")

    # --- variables

    def text(self, scope: Scope, directive: Directive, text: str) -> bool:
        """Read a text that may refer to variables; whether it does."""
        if "$" not in text:
            return False
        self.use(scope, directive, variables(text))
        return True

    def use(self, scope: Scope, directive: Directive, found: Iterable[str]) -> None:
        used = self.names(scope).used
        for name in found:
            if not name:
                raise Refused('invalid variable name "$"')
            used.setdefault(name.lower(), directive)

    def define(self, scope: Scope, name: str, *, mark: str = "$") -> None:
        """Define the variable that a directive names ("$x")."""
        if mark and not name.startswith(mark):
            raise Refused(f'invalid variable name "{name}"')
        lowered = name[len(mark) :].lower()
        names = self.names(scope)
        if not lowered:
            raise Refused('invalid variable name "$"')
        if lowered in names.built_in.fixed or any(
            lowered in OF_MODULES[m].fixed for m in self.modules & OF_MODULES.keys()
        ):
            raise Refused(f'the duplicate "{name[len(mark) :]}" variable')
        names.defined.add(lowered)

    def is_known(self, names: Names, name: str) -> bool:
        tables = [names.built_in]
        if names is self.http:
            tables += [OF_MODULES[module] for module in self.modules & OF_MODULES.keys()]
        return name in names.defined or any(
            name in table.fixed or name in table.changeable or name.startswith(table.prefixes) for table in tables
        )

    def regex(self, scope: Scope, pattern: str, *, caseless: bool = False) -> int:
        """Compile a pattern; its named groups become variables. How many groups it has."""
        names, groups = regex(pattern, caseless=caseless)
        for name in names:
            self.define(scope, name, mark="")
        return groups

    # --- shared memory

    def zone(self, directive: Directive, name: str, size: int, owner: str) -> Zone:
        zone = self.zones.get(name)
        if zone is None:
            self.zones[name] = Zone(owner, size, directive)
            return self.zones[name]
        if zone.owner != owner:
            raise Refused(f'the shared memory zone "{name}" is already declared for a different use')
        zone.size = zone.size or size
        if size and size != zone.size:
            raise Refused(
                f'the size {size} of shared memory zone "{name}" conflicts with already declared size {zone.size}'
            )
        return zone


ArgumentReader: TypeAlias = Callable[[Conf, Scope, Directive, str], "Scope | None"]
"""Reads a directive (options: the part after ":" in the table): Refused when nginx would, or the scope of its block."""
