"""`nginxsim completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nginxsim.cli.output import say


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Examples:
      source <(nginxsim completion bash)
      nginxsim completion zsh > ~/.zfunc/_nginxsim
      nginxsim completion fish > ~/.config/fish/completions/nginxsim.fish
    """
    from nginxsim.cli.main import cli

    completion = get_completion_class(shell)
    assert completion is not None, "click knows every shell of the choice above"
    say(completion(cli, {}, "nginxsim", "_NGINXSIM_COMPLETE").source())
