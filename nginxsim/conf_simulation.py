"""A plain nginx.conf, without Kubernetes: read once, asked as often as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nginxsim.nginx.includes import Conf, read_conf
from nginxsim.nginx.tree import ConfError
from nginxsim.sources import Reader

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import AnswerFunction, Request
    from nginxsim.verdict import Finding, Verdict
    from nginxsim.verdict.plain_conf import PlainRouting


class ConfSimulation:
    """One conf under an nginx; what it cannot know (DNS, files, Lua) becomes an assumption of the verdict."""

    def __init__(self, conf: Conf) -> None:
        self.conf = conf

    def __reduce__(self) -> tuple[object, ...]:
        return ConfSimulation, (self.conf,)

    @cached_property
    def routing(self) -> PlainRouting:
        from nginxsim.verdict.plain_conf import PlainRouting  # noqa: PLC0415  # reading a conf needs no router

        return PlainRouting(self.conf, self.nginx_errors)

    def nginx_errors(self) -> tuple[Finding, ...]:
        """What `nginx -t` would refuse in the conf; empty when nginx would load it."""
        return self._refused

    @cached_property
    def _refused(self) -> tuple[Finding, ...]:
        from nginxsim.verdict.plain_conf import refusals_of  # noqa: PLC0415

        return refusals_of(self.conf)

    def route(self, request: Request, answer: AnswerFunction | None = None) -> Verdict:
        """Plays one request; `answer` stands for the services and auth servers (left out: all answer 200).

        A request that names no port comes to that of its host ("localhost:8080"), else to 80 or 443 by scheme.
        What nginx refuses to load is in Verdict.obstacles. Raises InputError with file, line and column for a directive
        that nginx would take and the router does not.
        """
        from nginxsim.verdict.obstacles import unanswered  # noqa: PLC0415

        try:
            return self.routing.verdict(request, answer)
        except ConfError as error:
            if not self.nginx_errors():
                raise self.conf.located(error) from None
            return unanswered(request, self.nginx_errors(), self.conf.assumptions)

    def burst(self, request: Request, count: int, answer: AnswerFunction | None = None) -> Verdict:
        """Plays `count` equal requests at once: which of them end how, in order of their places."""
        from nginxsim.verdict.bursts import burst  # noqa: PLC0415

        return burst(lambda placed: self.route(placed, answer), request, count)


def simulate_conf(
    path: str | Path,
    *,
    files: Mapping[str, bytes] | None = None,
    stdin: TextIO | None = None,
    include_roots: Iterable[str | Path] = (),
) -> ConfSimulation:
    """Reads an nginx.conf and the files it includes, which are looked for beside it.

    files: path as the conf names it -> content, for what nginx reads while it runs (password files, pages under
    `root`); no others exist, except password and certificate files that lie where the conf says. None: nobody knows
    which exist, and a verdict says what it takes for granted (Request(files=...) says it for one request). "-": the
    conf is `stdin`. include_roots: folders besides the conf's own that files may be read from. Raises InputError.
    """
    conf = read_conf(path, stdin, include_roots, Reader())
    knows_files = files is not None
    return ConfSimulation(replace(conf, contents={**conf.contents, **(files or {})}, knows_files=knows_files))
