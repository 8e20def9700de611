"""Running the stand-in of a Lua file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.context import LuaExit
from nginxsim.nginx.lua_api import LuaError

if TYPE_CHECKING:
    from nginxsim.nginx.conf import LuaFile
    from nginxsim.nginx.context import Context


def run_lua(request: Context, script: LuaFile, phase: str) -> int | None:
    """The status that the script finishes with, or None when it returns."""
    handler = request.run.lua.handlers.get(script.name)
    if handler is None:
        request.assume(f"{phase}_by_lua {script.name or 'block'} lets the request pass unchanged")
        return None
    trace = request.run.trace
    before = len(trace)
    try:
        handler(request)
    except LuaExit as end:
        if len(trace) == before:
            request.note(phase, script.name, f"ngx.exit({end.status})", script.line)
        request.last = trace[-1]
        return end.status
    except LuaError as error:
        request.settle(phase, script.name, str(error), script.line)
        return 500
    return None
