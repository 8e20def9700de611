"""pytest plugin: collects suite files (*.nginxsim.yaml), and has fixtures for tests in Python.

nginxsim_estate: `nginxsim_estate("k8s/").get("http://shop.example.com/cart").assert_status(200)`; every estate is read
once a session (once a worker under pytest-xdist). nginxsim_snapshot: compares text with a file beside the test.
The simulator itself is imported on first use, so that sessions without it lose no time.
"""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nginxsim.suites import SUFFIXES

if TYPE_CHECKING:
    from nginxsim.pytest_estate import Estate
    from nginxsim.suites.cases import Case
    from nginxsim.suites.estates import Estates
    from nginxsim.suites.results import Result
    from nginxsim.suites.running import Order, Player

UPDATE = "--nginxsim-update-snapshots"
SNAPSHOTS = "__snapshots__"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nginxsim")
    group.addoption(UPDATE, action="store_true", help="Write the snapshots of nginxsim_snapshot instead of comparing.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name.endswith(SUFFIXES):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`only: true` in a suite leaves out the other suite tests of the session."""
    if not any(isinstance(item, SuiteItem) and item.case.only for item in items):
        return
    left_out = [item for item in items if isinstance(item, SuiteItem) and not item.case.only]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


_ESTATES = pytest.StashKey["Estates"]()


def _estates(config: pytest.Config) -> Estates:
    """Those of the session: suites and tests in Python share them."""
    from nginxsim.suites.estates import Estates

    return config.stash.setdefault(_ESTATES, Estates())


class SuiteFile(pytest.File):
    """A suite file; its tests are items."""

    def collect(self) -> Iterator[SuiteItem]:
        from nginxsim.errors import NginxsimError
        from nginxsim.printing import visible
        from nginxsim.suites.reading import read_suite
        from nginxsim.suites.running import orders

        try:
            cases = read_suite(os.path.relpath(self.path)).cases
        except NginxsimError as problem:
            raise self.CollectError(visible(str(problem))) from None
        estates = _estates(self.config)
        tables = {place: Table(order, estates) for order in orders(cases) for place in order.places}
        seen: Counter[str] = Counter()
        for place, case in enumerate(cases):
            seen[case.name] += 1
            name = f"{case.name} #{seen[case.name]}" if seen[case.name] > 1 else case.name
            yield SuiteItem.from_parent(self, name=name, case=case, table=tables[place])


class Table:
    """Where the cases of an order are played: the estate is simulated when the first of them runs."""

    def __init__(self, order: Order, estates: Estates) -> None:
        self._order = order
        self._estates = estates

    @cached_property
    def player(self) -> Player:
        from nginxsim.suites.running import Player

        return Player(self._estates.simulation(self._order.cases[0].estate), self._order.cases)


class SuiteFailure(Exception):  # noqa: N818  # a test that fails, not an error of the program
    """A case whose expectations were not met."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.case.name)
        self.result = result


class SuiteItem(pytest.Item):
    """One case of a suite file. Its tags can be chosen with -k."""

    def __init__(self, *, case: Case, table: Table, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self._table = table
        self.extra_keyword_matches.update(case.tags)
        if case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=case.skip or "skip in the suite"))

    def runtest(self) -> None:
        result = self._table.player.result(self.case)
        if result.failed:
            raise SuiteFailure(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from nginxsim.errors import NginxsimError
        from nginxsim.reports.suites.terminal import failure_lines
        from nginxsim.reports.terminal import for_people

        if isinstance(excinfo.value, SuiteFailure):
            return for_people(failure_lines(excinfo.value.result))
        if isinstance(excinfo.value, NginxsimError):
            return for_people([f"error: {excinfo.value}"])
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.case.origin.line - 1, self.name


@pytest.fixture(scope="session")
def nginxsim_estate(request: pytest.FixtureRequest) -> Callable[..., Estate]:
    """Opens an estate, as `nginxsim_estate("k8s/", flags=[...], release="1.15.1", services={"default/auth": 401})`.

    Paths are relative to pytest's rootdir, wherever pytest is started.
    """
    from nginxsim.pytest_estate import Estate, Services
    from nginxsim.suites.cases import EstateSpec

    root = request.config.rootpath
    estates = _estates(request.config)

    def open_estate(
        *paths: str | Path,
        flags: Sequence[str] = (),
        release: str | None = None,
        templates: Sequence[str | Path] = (),
        facts: Sequence[str] = (),
        services: Services | None = None,
    ) -> Estate:
        manifests, folders = (tuple(os.path.relpath(root / path) for path in each) for each in (paths, templates))
        return Estate(estates.simulation(EstateSpec(manifests, tuple(flags), release, folders, tuple(facts))), services)

    return open_estate


@pytest.fixture
def nginxsim_snapshot(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compares text, such as a server block, with __snapshots__/MODULE/TEST.conf; a test may do so several times.

    Each test has files of its own, so workers never write the same one.
    """
    folder = request.path.parent / SNAPSHOTS / request.path.stem
    name = re.sub(r"[^\w.-]+", "_", request.node.name)
    update = bool(request.config.getoption(UPDATE))
    taken = iter(range(1, 1_000_000))

    def compare(text: str) -> None:
        __tracebackhide__ = True
        number = next(taken)
        path = folder / (f"{name}.conf" if number == 1 else f"{name}.{number}.conf")
        if update:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        elif not path.exists():
            pytest.fail(f"no snapshot {path}; run pytest {UPDATE} to write it", pytrace=False)
        else:
            _compare(path, path.read_bytes().decode("utf-8"), text)

    return compare


def _compare(path: Path, expected: str, actual: str) -> None:
    __tracebackhide__ = True
    if expected != actual:
        lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "snapshot", "now", lineterm="")
        difference = "\n".join(lines)
        pytest.fail(f"{path} differs; run pytest {UPDATE} if that is meant\n\n{difference}", pytrace=False)
