"""The command line: `nginxsim COMMAND`. Commands load on use, so that --help and completion answer at once."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Mapping
from functools import partial
from io import TextIOWrapper
from pathlib import Path

import click

from nginxsim import __version__
from nginxsim.cli.output import close_output, complain
from nginxsim.errors import NginxsimError, did_you_mean

COMMANDS = {
    "why": "Tell how a request would end, and why.",
    "check": "Find what is wrong with an estate, without asking for a URL.",
    "rules": "List the causes and findings nginxsim knows, or explain one.",
    "conf": "Print the nginx.conf that the controller would write.",
    "ingresses": "List Ingress paths with their state: served, denied, dropped...",
    "controller": "Tell which controller the input has: its release, flags, ConfigMaps, class.",
    "backends": "Print what the controller posts to its Lua balancer.",
    "test": "Run request tests (*.nginxsim.yaml) over an estate, or against a live ingress.",
    "diff": "Tell which requests end otherwise under other manifests, and why.",
    "upgrade": "Tell what another release of the controller changes for an estate.",
    "preflight": "Tell why the API server cannot reach the admission webhook.",
    "admit": "Tell what the admission webhook says, and what it misses.",
    "releases": "List the releases of ingress-nginx that are known.",
    "annotations": "List annotations: where they are used, their risk, what a bad value does.",
    "snapshot": "Write down what of a running cluster counts, without what Secrets hold.",
    "completion": "Print the completion script for your shell.",
    "version": "Print the versions of nginxsim and of the tools that it renders with.",
}
"""Command -> its line in `nginxsim --help`; each lives in a module of the same name in this folder."""

FILE_LIMIT = "NGINXSIM_MAX_FILE_SIZE"
BAD_INPUT = 2
INTERNAL_ERROR = 3
INTERRUPTED = 130
"""As shells tell of a command that Ctrl-C ended."""


class Commands(click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"nginxsim.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f'no such command "{args[0]}"{did_you_mean(args[0], COMMANDS)}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nginxsim", message="%(prog)s %(version)s")
@click.option(
    "--max-file-size",
    metavar="SIZE",
    help="Bytes, or with K, M, G, that a file may have.  [default: 64M; NGINXSIM_MAX_FILE_SIZE]",
)
@click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours: on a terminal, everywhere, or nowhere.  [default: auto; NO_COLOR, FORCE_COLOR]",
)
def cli(max_file_size: str | None, colour: str) -> None:
    """What ingress-nginx makes of your manifests, and what nginx then answers, without a cluster.

    \b
    Examples:
      nginxsim why http://shop.example.com/cart k8s/
      nginxsim conf k8s/ --host shop.example.com
      helm template . | nginxsim ingresses -

    \b
    Exit codes: 0 fine, 1 findings, 2 bad input or usage.
    """
    if max_file_size is not None:
        _set(FILE_LIMIT, max_file_size)
    for name, wanted in COLOURS.get(colour, {}).items():
        _set(name, wanted)


COLOURS: Mapping[str, Mapping[str, str]] = {
    "always": {"FORCE_COLOR": "1", "NO_COLOR": ""},
    "never": {"FORCE_COLOR": "", "NO_COLOR": "1"},
}
"""What each choice says to whoever looks at the environment."""


def _set(name: str, value: str) -> None:
    """For this process and its workers, while the command runs."""
    click.get_current_context().call_on_close(partial(_restore, name, os.environ.get(name)))
    os.environ[name] = value


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def main() -> None:
    """Entry point of the console script."""
    sys.exit(_run("nginxsim"))


def plugin() -> None:
    """The same as kubectl-nginxsim, which kubectl finds on PATH: without PATH... it asks the cluster."""
    sys.exit(_run("kubectl nginxsim"))


def _run(name: str) -> int:
    """The exit code. Whatever a name or a value of the input may hold, errors too show it escaped."""
    _open_what_is_closed()
    _print_what_cannot_be_encoded()
    warnings.showwarning = lambda message, *_, **__: complain(f"note: {message}")
    try:
        return int(cli.main(prog_name=name, obj=name, standalone_mode=False) or 0)
    except click.ClickException as error:
        return _wrong_usage(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.Abort as end:
        if isinstance(end.__context__, KeyboardInterrupt):
            return INTERRUPTED
        complain("Aborted!")
        return 1
    except NginxsimError as error:
        complain(f"error: {error}")
        return BAD_INPUT
    except BrokenPipeError:
        # The reader (head, less) has gone; stop without a word, as other filters do.
        close_output()
        return 0
    except OSError as error:
        return _refused_by_the_system(error)
    except Exception as error:
        if os.environ.get("NGINXSIM_DEBUG"):
            raise
        complain(*_internal_error(error))
        return INTERNAL_ERROR


def _open_what_is_closed() -> None:
    """`nginxsim ... >&-`: nothing is said there, and no file that is opened later takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # as long as the process


def _print_what_cannot_be_encoded() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _refused_by_the_system(error: OSError) -> int:
    """What is read and written by name is told where that happens; only standard output has no name."""
    if error.filename is None:
        close_output()
    complain(f"error: {error.filename or 'cannot write to standard output'}: {error.strerror}")
    return BAD_INPUT


def _wrong_usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if context is not None:
        complain(*context.get_usage().splitlines(), f"Try '{context.command_path} --help' for help.", "")
    complain(f"Error: {error.format_message()}")
    return error.exit_code


def _internal_error(error: Exception) -> tuple[str, ...]:
    """Where it happened, and nothing of the input: that may be a password."""
    *_, place = traceback.extract_tb(error.__traceback__)
    return (
        f"internal error: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}",
        "This is a bug in nginxsim. Run again with NGINXSIM_DEBUG=1 and report what it prints.",
    )
