"""Which hook of the controller a piece of Lua is, by the file that a conf names or by what stands in the text."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath

from nginxsim.nginx.lua_api import Script
from nginxsim.releases import SCRIPTS


class Hook(StrEnum):
    """The hooks that requests come by; releases/scripts.py has all, with their files and their texts."""

    BALANCER = "balancer"
    CERTIFICATE = "certificate"
    WWW_REDIRECT = "www-redirect"
    REWRITE = "rewrite"
    AUTH_CACHE_KEY = "auth-cache-key"
    EXTERNAL_AUTH = "external-auth"
    HEADER_FILTER = "header-filter"
    BODY_FILTER = "body-filter"
    LOG = "log"
    ERROR_LOG = "error-log"
    READINESS = "readiness"
    CONFIGURATION = "configuration"
    NOT_FOUND = "not-found"


_FILES = {PurePosixPath(SCRIPTS[hook].file).name: hook for hook in Hook if SCRIPTS[hook].file}
_BLOCKS = tuple(map(re.compile, (SCRIPTS[hook].block for hook in Hook)))
_TEXTS = [(SCRIPTS[hook].directive, block, hook) for hook, block in zip(Hook, _BLOCKS, strict=True)]


@cache
def hook_of(script: Script) -> Hook | None:
    """None for Lua that is not the controller's."""
    if script.file:
        return _FILES.get(script.name)
    found = (hook for directive, text, hook in _TEXTS if directive == script.directive and text.search(script.text))
    return next(found, None)
