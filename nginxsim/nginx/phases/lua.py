"""Running the stand-in of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.events import ScriptExited, ScriptFailed
from nginxsim.nginx.live_request import LuaExit
from nginxsim.nginx.lua_api import LuaError, Phase, Script

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest


def run_lua(request: LiveRequest, script: Script, phase: Phase) -> int | None:
    """The status that the script finishes with, or None when it returns."""
    handler = request.run.lua.handler(script)
    if handler is None:
        request.assume(f"{phase}_by_lua {script.name or 'block'} lets the request pass unchanged")
        return None
    trace = request.run.trace
    before = len(trace)
    try:
        handler(request)
    except LuaExit as end:
        if len(trace) == before:
            request.note(ScriptExited, script.line, phase, script.name, end.status)
        request.last = trace[-1]
        return end.status
    except LuaError as error:
        request.settle(ScriptFailed, script.line, phase, script.name, str(error), error.variable)
        return 500
    return None
