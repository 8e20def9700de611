"""From a container to the oauth2-proxy that runs in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nginxsim.around.auth.oauth2_proxy.proxy import OAuth2Proxy
from nginxsim.around.auth.oauth2_proxy.settings import (
    Fault,
    File,
    Problem,
    Setting,
    Settings,
    config_path,
    has_structure,
    of_file,
    of_variables,
    of_words,
)
from nginxsim.around.auth.oauth2_proxy.structured import Structure, of_alpha
from nginxsim.around.auth.oauth2_proxy.versions import Version
from nginxsim.kube.objects import Word

Read = Callable[[str], File | None]
"""The file at a path; None where nobody knows it."""


def oauth2_proxy(
    words: Sequence[Word], variables: Mapping[str, Word], version: Version, read: Read, *, is_open: bool = False
) -> OAuth2Proxy:
    """words: its command line without the program. is_open: there are further variables, which nobody knows."""
    alpha_path = has_structure(words)
    structured = bool(alpha_path)
    file = read(config_path(words)) if config_path(words) else None
    layers = [of_file(file, version, structured=structured)] if file else []
    layers.append(of_variables(variables, version, structured=structured))
    layers.append(of_words(words, version, structured=structured))
    given: dict[str, Setting] = {}
    faults: list[Fault] = []
    for settings, problems in layers:
        given |= settings
        faults = [*problems, *faults]
    alpha, problems = _alpha(alpha_path, read, version)
    is_open = is_open or (bool(config_path(words)) and file is None)
    told = Settings(given, tuple(_unknown_first([*faults, *problems])), is_open)
    return OAuth2Proxy(told, version, alpha, _passwords(told, read), _emails(told, read))


def _alpha(path: str, read: Read, version: Version) -> tuple[Structure | None, list[Fault]]:
    if not path:
        return None, []
    file = read(path)
    return (Structure(is_alpha=True), []) if file is None else of_alpha(file, version)


def _unknown_first(faults: list[Fault]) -> list[Fault]:
    """It reads the command line before anything else."""
    return sorted(faults, key=lambda fault: fault.problem is not Problem.UNKNOWN_FLAG)


def _passwords(settings: Settings, read: Read) -> bytes | None:
    path = settings.text("htpasswd-file")
    file = read(path) if path else None
    return None if file is None else file.text.encode()


def _emails(settings: Settings, read: Read) -> frozenset[str] | None:
    path = settings.text("authenticated-emails-file")
    file = read(path) if path else None
    return None if file is None else frozenset(line.strip().lower() for line in file.text.splitlines() if line.strip())
