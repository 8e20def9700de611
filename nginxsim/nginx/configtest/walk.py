"""One pass over a conf in file order, as nginx makes it."""

# nginx 1.27.1: src/core/ngx_conf_file.c (ngx_conf_handler)

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.finish import finish, finish_http, finish_stream, finish_stream_server
from nginxsim.nginx.configtest.readers import READERS
from nginxsim.nginx.configtest.readers.upstreams import close_upstream
from nginxsim.nginx.configtest.scopes import Conf, Scope
from nginxsim.nginx.directives import Row
from nginxsim.nginx.tree import Directive

AT_THE_END: dict[str, Callable[[Conf, Scope], None]] = {
    "http": finish_http,
    "stream": finish_stream,
    "stream-srv": finish_stream_server,
    "ups": close_upstream,
    "stream-ups": close_upstream,
}


def walk(conf: Conf, root: Directive, unfinished: Collection[Directive] = ()) -> None:
    """Judge every directive. unfinished: blocks to whose end nginx never gets, because the text broke off."""
    endless = {id(block) for block in unfinished}
    main = Scope("main", root)
    open_blocks: list[tuple[Scope, Iterator[Directive]]] = [(main, iter(root.block or ()))]
    while open_blocks:
        scope, rest = open_blocks[-1]
        directive = next(rest, None)
        if directive is None:
            open_blocks.pop()
            if scope.kind in AT_THE_END and id(scope.directive) not in endless:
                AT_THE_END[scope.kind](conf, scope)
        elif opened := judge(conf, scope, directive):
            open_blocks.append((opened, iter(directive.block or ())))
    if not endless:
        finish(conf, main)


def judge(conf: Conf, scope: Scope, directive: Directive) -> Scope | None:
    """Read one directive; the scope of the block it opens, if it holds directives and nginx would go on into it."""
    try:
        reader, option = _row(conf, scope, directive).check
        return READERS[reader](conf, scope, directive, option)
    except Refused as refused:
        conf.fault(str(refused), directive)
        return None


def _row(conf: Conf, scope: Scope, d: Directive) -> Row:
    row = conf.nginx.find(scope.kind, d.name, conf.modules)
    if row is None:
        if conf.nginx.knows(d.name, conf.modules):
            raise Refused(f'"{d.name}" directive is not allowed here')
        raise Refused(f'unknown directive "{d.name}"')
    count, is_block = len(d.args), d.block is not None
    if is_block and d.name.endswith("_by_lua_block"):
        # the code of such a block is its last argument
        count -= 1
    if is_block and not row.block:
        raise Refused(f'directive "{d.name}" is not terminated by ";"')
    if row.block and not is_block:
        raise Refused(f'directive "{d.name}" has no opening "{{"')
    if not row.takes(count):
        raise Refused(f'invalid number of arguments in "{d.name}" directive')
    return row
