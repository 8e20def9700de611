"""Finds suite files and reads them into cases. Every fault is an InputError with file, line and column."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import yaml

from nginxsim.config.facts import with_facts
from nginxsim.errors import InputError, UsageError
from nginxsim.kube.documents import documents
from nginxsim.releases import release as release_named
from nginxsim.sources import File, Release, is_file, read_text
from nginxsim.suites import SUFFIXES
from nginxsim.suites.cases import Case, EstateSpec, Played, Suite
from nginxsim.suites.changes import check_release, read_changes, read_flags
from nginxsim.suites.expectations import read_expectation
from nginxsim.suites.fields import DEFAULTS, HELM, SUITE, TEST
from nginxsim.suites.nodes import Value
from nginxsim.suites.requests import read_request
from nginxsim.suites.services import read_services
from nginxsim.suites.tables import Row, rows


def find_suites(paths: Sequence[str | Path]) -> list[str]:
    """The suite files under these paths, in order and each once; a file named outright counts whatever its name."""
    found = {name: None for path in paths for name in _under(str(path))}
    if not found:
        shown = ", ".join(map(str, paths))
        raise InputError(f"no suite file (*{SUFFIXES[0]}) in {shown}; `nginxsim test --record` writes a first one")
    return list(found)


def _under(path: str) -> Iterator[str]:
    if Path(path).is_file():
        yield os.path.normpath(path)
    elif not Path(path).is_dir():
        raise InputError(f"{path}: no such file or folder")
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names = (os.path.normpath(Path(folder, name)) for name in sorted(files) if name.endswith(SUFFIXES))
        yield from filter(is_file, names)


def suite_text(name: str) -> str:
    """A suite file's text, line ends and a byte order mark as they are: it may be written again."""
    return read_text(name, encoding="utf-8")


def read_suite(name: str) -> Suite:
    """The cases of a suite file. Raises InputError."""
    file = File(name, suite_text(name))
    try:
        return Suite(name, tuple(_cases(_root(file))))
    except RecursionError:
        raise InputError(f"{name}: nested too deeply, or an alias inside its own anchor") from None


def _root(file: File) -> Value:
    roots = [(document.file, root) for document in documents(file) if (root := document.root()) is not None]
    if len(roots) != 1 or not isinstance(roots[0][1], yaml.MappingNode):
        raise InputError(f"{file.name}: expected one YAML document with `tests:`, found {len(roots) or 'nothing'}")
    return Value(*roots[0])


def _cases(root: Value) -> Iterator[Case]:
    suite = root.fields(SUITE, required=("tests",))
    defaults = suite["defaults"].fields(DEFAULTS) if "defaults" in suite else {}
    estate = _estate(root, suite)
    played = read_services(suite.get("services"))
    for test in suite["tests"].items():
        test.fields(TEST, required=("request", "expect"))
        for row in rows(test):
            yield _case(row, defaults, estate, played)


def _estate(root: Value, suite: Mapping[str, Value]) -> EstateSpec:
    folder = Path(root.file.name).parent
    release = _release(suite.get("release"))
    manifests = tuple(_paths(folder, suite["manifests"])) if "manifests" in suite else ()
    chart = suite["helm"].fields(HELM, required=("chart",)) if "helm" in suite else {}
    own = tuple(_paths(folder, chart["chart"])) if chart else (() if manifests else (os.path.normpath(folder),))
    return EstateSpec(
        manifests=(*manifests, *own),
        chart=_chart(folder, chart) if chart else None,
        flags=read_flags(suite.get("flags"), release),
        release=release,
        templates=tuple(_folders(folder, suite["templates"])) if "templates" in suite else (),
        facts=tuple(_facts(suite["facts"], release)) if "facts" in suite else (),
        controller=suite["controller"].text() if "controller" in suite else "",
        origin=suite.get("manifests", root).origin,
    )


def _paths(folder: Path, manifests: Value) -> Iterator[str]:
    return _there(folder, manifests, _can_be_read, "no such file or folder")


def _can_be_read(path: Path) -> bool:
    """Not a pipe or a device, which whoever writes a suite could make a run wait for."""
    return path.is_file() or path.is_dir()


def _chart(folder: Path, chart: Mapping[str, Value]) -> Release:
    values = tuple(_paths(folder, chart["values"])) if "values" in chart else ()
    return Release(
        chart=str((folder / chart["chart"].text()).resolve()),
        values=tuple(str(Path(path).resolve()) for path in values),
        settings=tuple(value.text() for value in chart["set"].one_or_more()) if "set" in chart else (),
        name=chart["release"].text() if "release" in chart else "",
        namespace=chart["namespace"].text() if "namespace" in chart else "default",
    )


def _folders(folder: Path, templates: Value) -> Iterator[str]:
    return _there(folder, templates, Path.is_dir, "no such folder")


def _there(folder: Path, named: Value, is_there: Callable[[Path], bool], otherwise: str) -> Iterator[str]:
    for value in named.one_or_more():
        path = folder / value.text()
        if not is_there(path):
            value.refuse(f"{os.path.normpath(path)}: {otherwise}")
        yield os.path.normpath(path)


def _release(value: Value | None) -> str | None:
    if value is None:
        return None
    try:
        release_named(value.text())
    except UsageError as problem:
        value.refuse(str(problem))
    return value.text()


def _facts(facts: Value, release: str | None) -> Iterator[str]:
    for value in facts.one_or_more():
        check_release(value, release, partial(with_facts, texts=[value.text()]))
        yield value.text()


def _case(row: Row, defaults: Mapping[str, Value], estate: EstateSpec, played: tuple[Played, ...]) -> Case:
    test = row.test.fields(TEST, required=("request", "expect"))
    beside = {
        name: value for name, value in {**defaults, **_picked(test, "client", "as", "via")}.items() if name != "tags"
    }
    line, request = read_request(test["request"], beside)
    name = test["name"].text() if "name" in test else line
    if row.label:
        name = f"{name} [{row.label}]"
    own = read_services(test.get("services"))
    flags, changes = read_changes(test.get("with"), estate.release)
    return Case(
        suite=row.test.file.name,
        name=name,
        url=line.partition(" ")[2],
        request=request,
        estate=replace(estate, flags=estate.flags + flags, changes=changes),
        expect=read_expectation(test["expect"]),
        origin=row.test.origin,
        played=own + played,
        plays=bool(own),
        what_if="with" in test,
        draw=test["draw"].number() if "draw" in test else None,
        client_given="client" in beside or _has_client(test["request"]),
        tags=tuple(_words(defaults.get("tags")) + _words(test.get("tags"))),
        only="only" in test and test["only"].flag(),
        skip=_skip(test.get("skip")),
    )


def _picked(fields: Mapping[str, Value], *names: str) -> dict[str, Value]:
    return {name: fields[name] for name in names if name in fields}


def _has_client(request: Value) -> bool:
    return request.is_mapping and "client" in request.entries()


def _words(value: Value | None) -> list[str]:
    return [word.text() for word in value.one_or_more()] if value else []


def _skip(value: Value | None) -> str | None:
    """`skip: true` and `skip: reason` leave a test out."""
    if value is None:
        return None
    text = value.text()
    if text.lower() in ("true", "false", "yes", "no"):
        return "" if value.flag() else None
    return text
