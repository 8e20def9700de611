"""The options with which `nginxsim admit` stands as a webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nginxsim.errors import UsageError

if TYPE_CHECKING:
    from nginxsim.serving.limits import Limits
    from nginxsim.webhook.forkserver import EstateSource

F = TypeVar("F", bound=Callable[..., object])

SECONDS = click.FloatRange(min=0)
COUNT = click.IntRange(min=1)

OPTIONS: Mapping[str, tuple[str, object, str]] = {
    "--tls-cert": ("FILE", str, "Certificate chain, PEM. It is taken up again when the file changes."),
    "--tls-key": ("FILE", str, "Its private key, PEM."),
    "--client-ca": ("FILE", str, "Let in only who shows a certificate signed by one of these authorities."),
    "--client-name": ("NAME", str, "...and whose certificate has this name. Repeatable."),
    "--monitor": ("[HOST:]PORT", str, "Answer /healthz, /readyz and /metrics here, over plain HTTP."),
    "--workers": ("N", COUNT, "Processes that review.  [default: one a core, from 2 to 8]"),
    "--max-connections": ("N", COUNT, "Connections open at once.  [default: 1000]"),
    "--max-reviews": ("N", COUNT, "Reviews under way at once; more get status 429.  [default: 600]"),
    "--patience": ("SECONDS", SECONDS, "For a handshake, a request's head, its body, each.  [default: 10]"),
    "--linger": ("SECONDS", SECONDS, "After SIGTERM, take connections for so long still.  [default: 0]"),
    "--grace": ("SECONDS", SECONDS, "Then let reviews under way end within this time.  [default: 25]"),
    "--log": ("text|json", click.Choice(["text", "json"]), "How lines of the log look.  [default: text]"),
}
"""Option -> what stands for its value, its type, its help; all go with --serve only."""
REPEATABLE = frozenset({"--client-name"})


def serving(command: F) -> F:
    """Adds --serve and what goes with it; the command gets `serve`, `strict` and a mapping of the rest in `given`."""
    strict = "Refuse as well what nginx would refuse, or what would come out denied."
    command = click.option("--strict", is_flag=True, help=f"With --serve: {strict}")(command)
    for name, (metavar, kind, about) in reversed(list(OPTIONS.items())):
        decorate = click.option(
            name, metavar=metavar, type=kind, multiple=name in REPEATABLE, help=f"With --serve: {about}"
        )
        command = decorate(command)
    served = "Answer AdmissionReviews over HTTPS until stopped instead."
    return click.option("--serve", metavar="[HOST:]PORT", help=served)(command)


def refuse_without_serve(given: Mapping[str, Any]) -> None:
    for name in (*OPTIONS, "--strict"):
        if given[_parameter(name)] not in (None, (), False):
            raise UsageError(f"{name} goes with --serve [HOST:]PORT")


def _parameter(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def serve(source: Callable[[], EstateSource], address: str, given: Mapping[str, Any]) -> None:
    """Runs until SIGTERM or SIGINT. Raises UsageError and InputError."""
    _require_extra()
    from nginxsim.serving.addresses import Address
    from nginxsim.serving.credentials import TlsFiles
    from nginxsim.serving.log import LogStyle
    from nginxsim.webhook.reviews import Room
    from nginxsim.webhook.service import Service, sensible_workers

    if given["tls_cert"] is None or given["tls_key"] is None:
        raise UsageError("--serve wants --tls-cert FILE and --tls-key FILE: API servers call webhooks over HTTPS only")
    if given["client_name"] and given["client_ca"] is None:
        raise UsageError("--client-name goes with --client-ca FILE: a name that nobody signed proves nothing")
    tls = TlsFiles(given["tls_cert"], given["tls_key"], given["client_ca"], frozenset(given["client_name"]))
    Service(
        source(),
        Address.parse(address, "--serve"),
        tls,
        monitor=Address.parse(given["monitor"], "--monitor") if given["monitor"] else None,
        workers=given["workers"] or sensible_workers(),
        limits=_limits(given),
        room=Room(**_said(given, reviews="max_reviews")),
        log_style=LogStyle(given["log"] or "text"),
        **_said(given, linger="linger"),
    ).run()


def _limits(given: Mapping[str, Any]) -> Limits:
    from nginxsim.serving.limits import Limits

    return Limits(**_said(given, connections="max_connections", patience="patience", grace="grace"))


def _said(given: Mapping[str, Any], **options: str) -> dict[str, Any]:
    """The fields that an option was given for; the others keep their defaults."""
    return {field: given[option] for field, option in options.items() if given[option] is not None}


def _require_extra() -> None:
    import os

    if not hasattr(os, "fork"):
        raise UsageError(
            "--serve forks its workers, which this system cannot: run it on Linux, macOS or in a container"
        )
    try:
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import watchfiles  # noqa: F401
    except ModuleNotFoundError as problem:
        raise UsageError(
            f"--serve needs packages that are not installed ({problem.name}): pip install 'nginxsim[serve]'"
        ) from None
