"""Finding the location: the server's script, the search, the location's script, and round again after `rewrite`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.escapes import escape_uri
from nginxsim.nginx.events import (
    BodyTooLarge,
    CycleEnded,
    InternalOnly,
    LocationChosen,
    MatchGaveUp,
    NoLocation,
    SlashAdded,
)
from nginxsim.nginx.exchange import Role
from nginxsim.nginx.locations import SLASH
from nginxsim.nginx.phases.finish import close, finalize, set_location
from nginxsim.nginx.phases.input_headers import change_input
from nginxsim.nginx.phases.lua import run_lua
from nginxsim.nginx.phases.preaccess import preaccess
from nginxsim.nginx.phases.screening import screen
from nginxsim.nginx.regex import MatchLimitError
from nginxsim.nginx.rewrite import run_script
from nginxsim.nginx.steps import Phase

if TYPE_CHECKING:
    from nginxsim.nginx.conf import LocationConf
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State


def server_rewrite(request: LiveRequest) -> State | None:
    status = run_script(request, request.server.conf.script)
    if status is not None:
        for assumption in request.server.conf.assumptions:
            request.assume(assumption)
        return finalize(request, status)
    return find_config


def find_config(request: LiveRequest) -> State | None:
    request.content, request.uri_changed = "", False
    try:
        conf, match = request.server.locations.find(request)
    except MatchLimitError as error:
        request.settle(MatchGaveUp, 0, Phase.LOCATION, str(error))
        return finalize(request, 500)
    if conf is None:
        conf = request.server.conf
        request.note(NoLocation, conf.line, request.uri)
    else:
        request.note(LocationChosen, conf.line, conf.shown, conf.kind, conf.name, match, request.uri)
    enter(request, conf)
    if conf.internal and not request.internal:
        request.settle(InternalOnly, conf.internal_line)
        return finalize(request, 404)
    if request.body_length > request.conf.body_limit and _too_large(request):
        return finalize(request, 413)
    if match is SLASH:
        target = escape_uri(conf.name) + (f"?{request.args}" if request.args else "")
        set_location(request, target)
        request.settle(SlashAdded, conf.line, conf.name)
        return finalize(request, 301)
    return location_rewrite


def enter(request: LiveRequest, conf: LocationConf) -> None:
    if conf.except_conf is not None and request.method not in conf.excepted:
        conf = conf.except_conf
    request.conf = conf
    for assumption in conf.assumptions:
        request.assume(assumption)
    if conf.content:
        request.content = conf.content


def _too_large(request: LiveRequest) -> bool:
    limit = request.conf.body_limit
    if request.role != Role.SERVICE or not limit:
        return False
    request.settle(BodyTooLarge, request.conf.body_limit_line, request.body_length, limit)
    return True


def location_rewrite(request: LiveRequest) -> State | None:
    if request.conf.modsecurity.on and (refused := screen(request, 1)):
        return finalize(request, refused)
    if request.conf.script and request.conf is not request.server.conf:
        status = run_script(request, request.conf.script)
        if status is not None:
            return finalize(request, status)
    lua = request.conf.lua_rewrite
    if lua is not None and not request.uri_changed:
        status = run_lua(request, lua, Phase.REWRITE)
        if status is not None:
            return finalize(request, status)
    if request.unparsed_uri:  # a refused request line has no headers
        for change in request.conf.input_headers:
            if not change_input(request, change):
                close(request)
                return None
    if not request.uri_changed:
        return preaccess
    request.rewrites_left -= 1
    if request.rewrites_left == 0:
        request.settle(CycleEnded, 0, request.uri)
        return finalize(request, 500)
    request.conf = request.server.conf
    return find_config
