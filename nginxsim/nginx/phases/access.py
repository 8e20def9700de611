"""Access control: allow/deny, auth_basic, auth_request, Lua, in this order; `satisfy` says how many must agree.

nginx 1.27.1: src/http/ngx_http_core_module.c (ngx_http_core_access_phase),
modules/ngx_http_{access,auth_basic,auth_request}_module.c
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from nginxsim.nginx.addresses import parse_address
from nginxsim.nginx.events import (
    AddressRuled,
    AuthAnswered,
    Credentials,
    OneIsEnough,
    PasswordFileMissing,
    PasswordRefused,
    PasswordTaken,
)
from nginxsim.nginx.exchange import Role
from nginxsim.nginx.passwords import check_password, entry_of, is_costly
from nginxsim.nginx.phases.content import precontent
from nginxsim.nginx.phases.finish import finalize
from nginxsim.nginx.phases.lua import run_lua
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.variables import basic_user

if TYPE_CHECKING:
    from nginxsim.nginx.conf import LocationConf
    from nginxsim.nginx.live_request import LiveRequest
    from nginxsim.nginx.phases.states import State

OK, DECLINED = 0, -5
Check: TypeAlias = "Callable[[LiveRequest], int]"
"""OK, DECLINED (no opinion) or the status to refuse with."""


def access(request: LiveRequest) -> State | None:
    if request.parent is not None or _is_open(request.conf):
        return precontent
    any_is_enough = request.conf.satisfy_any
    refused = 0
    for check in CHECKS:
        verdict = check(request)
        if verdict == DECLINED:
            continue
        if verdict == OK:
            if any_is_enough:
                request.note(OneIsEnough, request.conf.satisfy_line)
                _drop_challenge(request)
                return precontent
        elif any_is_enough and verdict in (401, 403):
            refused = 401 if 401 in (verdict, refused) else 403
        else:
            return finalize(request, verdict)
    if refused:
        return finalize(request, refused)
    return precontent


def _is_open(conf: LocationConf) -> bool:
    """Whether no check has anything to say."""
    return not (conf.access or conf.auth_basic or conf.auth_digest or conf.auth_request or conf.lua_access)


def _drop_challenge(request: LiveRequest) -> None:
    request.headers_out = [pair for pair in request.headers_out if pair[0].lower() != "www-authenticate"]


def by_address(request: LiveRequest) -> int:
    rules = request.conf.access
    if not rules:
        return DECLINED
    address = parse_address(request.remote_addr)
    for rule in rules:
        if rule.network is None or rule.network.holds(address):
            tell = request.note if rule.allow else request.settle
            tell(AddressRuled, rule.line, rule.text, request.remote_addr, request.peer_addr)
            return OK if rule.allow else 403
    return DECLINED


def by_password(request: LiveRequest) -> int:
    conf = request.conf
    if conf.auth_basic is None or conf.auth_file is None:
        return DECLINED
    realm = conf.auth_basic.get(request)
    if realm == "off":
        return DECLINED
    given = basic_user(request)
    if given is None:
        return _challenge(request, realm, Credentials.NONE)
    path = conf.auth_file.get(request)
    if path in request.run.setup.unread:
        request.assume(f"the password of {given[0]} is the one in {path}, whose content is not known")
        request.note(PasswordTaken, conf.auth_basic_line, given[0])
        return OK
    file = request.run.files.get(path)
    if file is None:
        request.assume(f"no file {path}")
        request.settle(PasswordFileMissing, conf.auth_basic_line, path)
        return 403
    stored = entry_of(file, given[0])
    if stored is None:
        return _challenge(request, realm, Credentials.NO_USER, given[0])
    if is_costly(stored):
        request.assume(f"the password of {given[0]} fits: its hash has too many rounds to be tried here")
    elif not check_password(stored, given[1]):
        return _challenge(request, realm, Credentials.MISMATCH, given[0])
    request.note(PasswordTaken, conf.auth_basic_line, given[0])
    return OK


def _challenge(request: LiveRequest, realm: str, reason: Credentials, user: str = "") -> int:
    request.headers_out.append(("WWW-Authenticate", f'Basic realm="{realm}"'))
    request.settle(PasswordRefused, request.conf.auth_basic_line, "auth_basic", reason, user)
    return 401


def by_digest(request: LiveRequest) -> int:
    """auth_digest: a nonce must be one that nginx has given out before, so none fits yet."""
    # atomx/nginx-http-auth-digest
    conf = request.conf
    if conf.auth_digest is None:
        return DECLINED
    realm = conf.auth_digest.get(request)
    given = request.known_header("authorization") or ""
    stale = ', stale="true"' if given.lower().startswith("digest ") else ""
    challenge = f'Digest algorithm="MD5", qop="auth", realm="{realm}", nonce="<nonce>"{stale}'
    request.headers_out.append(("WWW-Authenticate", challenge))
    reason = Credentials.UNKNOWN_NONCE if stale else Credentials.NO_DIGEST
    request.settle(PasswordRefused, conf.auth_digest_line, "auth_digest", reason, "")
    return 401


def by_subrequest(request: LiveRequest) -> int:
    conf = request.conf
    if not conf.auth_request:
        return DECLINED
    child = request.subrequest(conf.auth_request, "", Role.AUTH)
    request.run.http.serve(child)
    for name, value in conf.auth_request_set:
        request.run.http.variables.answerers[name](request, value.get(child))
    status = child.status
    if 200 <= status < 300:
        request.note(AuthAnswered, conf.auth_request_line, conf.auth_request, status)
        return OK
    if status == 401:
        challenges = child.headers_out if child.upstream is None else [*child.headers_out, *child.upstream_headers]
        seen = [value for key, value in challenges if key.lower() == "www-authenticate"]
        own = [value for key, value in child.headers_out if key.lower() == "www-authenticate"]
        request.headers_out += [("WWW-Authenticate", value) for value in own or seen]
    request.settle(AuthAnswered, conf.auth_request_line, conf.auth_request, status)
    return status if status in (401, 403) else 500


def by_lua(request: LiveRequest) -> int:
    script = request.conf.lua_access
    if script is None:
        return DECLINED
    status = run_lua(request, script, Phase.ACCESS)
    return OK if status in (None, 200) else status or OK


CHECKS: tuple[Check, ...] = (by_address, by_password, by_digest, by_subrequest, by_lua)
