"""An nginx.conf that a controller wrote, met as a file: its Lua, as far as the file says what that knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from nginxsim.lua import LuaConfig, Settings, standalone
from nginxsim.lua.hooks import hook_of
from nginxsim.lua.written_out import config_of
from nginxsim.nginx.listen import listen_words
from nginxsim.nginx.lua_api import NO_LUA, LuaRuntime, Script
from nginxsim.nginx.tree import Directive
from nginxsim.releases import NEWEST, RELEASES, SCRIPTS, Release, release

INIT = SCRIPTS["init"]
DEFAULT_PORT = 8181
OWN_NAMES = {"upstream-default-backend": f"127.0.0.1:{DEFAULT_PORT}"}


def lua_of(tree: Directive) -> LuaRuntime:
    """Stand-ins for the Lua of a controller's conf; none for that of anyone else's."""
    http = tree.first("http") or tree
    scripts = tuple(_scripts(http))
    if not any(map(hook_of, scripts)):
        return NO_LUA
    return standalone(_settings(http, scripts), _release(scripts), _own(http))


def _scripts(block: Directive) -> Iterator[Script]:
    for directive in block.block or ():
        if "_by_lua" in directive.name and len(directive.args) > directive.name.startswith("set_"):
            yield _script(directive)
        else:
            yield from _scripts(directive)


def _script(directive: Directive) -> Script:
    """set_by_lua names a variable first."""
    word = directive.args[1 if directive.name.startswith("set_by_lua") else 0]
    return Script.of(directive.name, word, directive.line)


def _settings(http: Directive, scripts: Sequence[Script]) -> Settings:
    """What init_by_lua is given, where it is written out; else what the rest of the file shows of it."""
    given = (script for script in scripts if script.directive == INIT.directive and re.search(INIT.block, script.text))
    if (init := next(given, None)) is not None:
        return Settings(config_of(init), is_told=True)
    header = next((each.args[0] for each in http.all("real_ip_header") if each.args), "")
    listens = [listen_words(each) for server in http.all("server") for each in server.all("listen")]
    secure = [port for _, port, flags in listens if "ssl" in flags]
    shown = LuaConfig(
        https_port=str(secure[0]) if secure else "443",
        use_forwarded_headers=header not in ("", "proxy_protocol"),
        use_proxy_protocol=any({"proxy_protocol"} <= flags and "ssl" not in flags for _, _, flags in listens),
    )
    return Settings(shown, is_told=False)


def _release(scripts: Sequence[Script]) -> Release:
    """The newest that names files, or writes its Lua out, where this one does."""
    forms = {(SCRIPTS[hook], bool(script.file)) for script in scripts if (hook := hook_of(script))}
    fitting = (name for name in reversed(RELEASES) if all(bool(own.at(name).file) is form for own, form in forms))
    return release(next(fitting, NEWEST))


def _own(http: Directive) -> Mapping[str, str]:
    """The backends that the file itself serves."""
    listens = (listen_words(each) for server in http.all("server") for each in server.all("listen"))
    return OWN_NAMES if any(port == DEFAULT_PORT for _, port, _ in listens) else {}
