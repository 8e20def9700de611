"""Content: try_files, mirrors, then whatever answers the request.

nginx 1.27.1: src/http/modules/ngx_http_{try_files,mirror,static,index}_module.c
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nginxsim.nginx.disk import is_file, is_folder
from nginxsim.nginx.events import (
    FileMethodRefused,
    FileMissing,
    FileServed,
    FileTried,
    HandlerAnswered,
    ScriptAnswered,
)
from nginxsim.nginx.phases.filters import send_header
from nginxsim.nginx.phases.finish import finalize, internal_redirect, named_location, send_response, set_content_type
from nginxsim.nginx.phases.lua import run_lua
from nginxsim.nginx.phases.mirrors import run_mirrors
from nginxsim.nginx.phases.proxy import proxy
from nginxsim.nginx.sizes import whole_number
from nginxsim.nginx.steps import Phase

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State

PROXIES = frozenset({"proxy", "grpc", "fastcgi", "uwsgi", "scgi", "ajp", "memcached"})


def precontent(request: LiveRequest) -> State | None:
    return try_files(request) if request.conf.try_files else _mirrored(request)


def _mirrored(request: LiveRequest) -> State | None:
    if request.conf.mirrors and request.parent is None:
        request.mirrors = [(mirror.uri, mirror.line) for mirror in request.conf.mirrors]
    return content(request)


def try_files(request: LiveRequest) -> State | None:
    """The first file or folder that exists becomes the URI; the last argument is where to go without any."""
    conf = request.conf
    *tries, last = conf.try_files
    for value in tries:
        name = value.get(request)
        exists = is_folder if name.endswith("/") else is_file
        if exists(request, conf.path_of(name)):
            request.uri = name
            return _mirrored
    target = last.get(request)
    request.note(FileTried, conf.try_line, target)
    if target.startswith("="):
        request.settle(FileTried, conf.try_line, target)
        return finalize(request, whole_number(target[1:]) or 500)
    if target.startswith("@"):
        return named_location(request, target)
    path, _, args = target.partition("?")
    return internal_redirect(request, path, args)


def content(request: LiveRequest) -> State | None:
    kind = request.content
    if kind in PROXIES:
        return proxy(request)
    following = _HANDLERS.get(kind, _unknown)(request)
    run_mirrors(request)
    return following


def _static(request: LiveRequest) -> State | None:
    """Files of the disk."""
    conf = request.conf
    path = conf.path_of(request.uri)
    if request.method not in ("GET", "HEAD", "POST"):
        request.settle(FileMethodRefused, conf.line, request.method)
        return finalize(request, 405)
    if request.uri.endswith("/"):
        for index in conf.index:
            if is_file(request, path + index):
                return internal_redirect(request, request.uri + index, request.args)
    elif is_file(request, path):
        return _file(request, path)
    request.settle(FileMissing, conf.line, path)
    return finalize(request, 404)


def _file(request: LiveRequest, path: str) -> State | None:
    if request.method not in ("GET", "HEAD"):
        request.settle(FileMethodRefused, request.conf.line, request.method)
        return finalize(request, 405)
    request.settle(FileServed, request.conf.line, path)
    request.status = 200
    set_content_type(request)
    send_header(request)
    return None


def _page(name: str, content_type: str) -> Callable[[LiveRequest], State | None]:
    """A content handler that answers GET and HEAD with a page of its own."""

    def answer(request: LiveRequest) -> State | None:
        request.settle(HandlerAnswered, request.conf.content_line, name)
        if request.method not in ("GET", "HEAD"):
            return finalize(request, 405)
        request.status = 200
        request.content_type = content_type
        send_header(request)
        return None

    return answer


def _lua(request: LiveRequest) -> State | None:
    script = request.conf.content_lua
    assert script is not None
    status = run_lua(request, script, Phase.CONTENT)
    if status is not None and status >= 300:
        return finalize(request, status)
    request.settle(ScriptAnswered, script.line, script.name)
    return finalize(request, send_response(request, status or 200, ""))


def _unknown(request: LiveRequest) -> State | None:
    directive = request.content.removeprefix("unknown:")
    request.assume(f"{directive} answers 200")
    request.settle(HandlerAnswered, request.conf.content_line, directive)
    return finalize(request, send_response(request, 200, ""))


_HANDLERS: Mapping[str, State] = {
    "": _static,
    "lua": _lua,
    "stub_status": _page("stub_status", "text/plain"),
    "empty_gif": _page("empty_gif", "image/gif"),
}
