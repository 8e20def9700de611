"""The common kinds of values: most directives hold one of these."""

# nginx 1.27.1: src/core/ngx_conf_file.c (ngx_conf_set_*_slot), src/core/ngx_file.c, src/http/ngx_http_script.c

from __future__ import annotations

from collections.abc import Callable

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.tree import Directive


def invalid(directive: Directive, what: str = "invalid value") -> Refused:
    return Refused(f'"{directive.name}" directive {what}')


def anything(conf: Conf, scope: Scope, d: Directive, options: str) -> None:
    """Any arguments will do, any number of times."""
    del conf, scope, d, options


def flag(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d, d.args[0].lower() == "on")
    if d.args[0].lower() not in ("on", "off"):
        raise Refused(f'invalid value "{d.args[0]}" in "{d.name}" directive, it must be "on" or "off"')


def text(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d, d.args[0])


def texts(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.values.setdefault(d.name, []).append(d.args[0])
    scope.setters.setdefault(d.name, d)


def pairs(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.values.setdefault(d.name, []).append(d)
    scope.setters.setdefault(d.name, d)


def measure(parse: Callable[[str], int | None], wrong: str = "invalid value") -> ArgumentReader:
    """A reader of one value that `parse` understands."""

    def read(_: Conf, scope: Scope, d: Directive, options: str) -> None:
        scope.once(d)
        value = parse(d.args[0])
        if value is None:
            raise invalid(d, wrong)
        scope.values[d.name] = value
        if options:
            low, _dots, high = options.partition("..")
            if not int(low) <= value <= int(high):
                raise Refused(f"value must be between {low} and {high}")

    return read


def buffers(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    count, each = values.number(d.args[0]), values.size(d.args[1])
    if not count or not each:
        raise invalid(d)
    scope.values[d.name] = (count, each)


def enum(_: Conf, scope: Scope, d: Directive, options: str) -> None:
    scope.once(d, d.args[0])
    if d.args[0].lower() not in options.lower().split("|"):
        raise Refused(f'invalid value "{d.args[0]}"')


def mask(conf: Conf, scope: Scope, d: Directive, options: str) -> None:
    known = options.lower().split("|")
    held: set[str] = scope.values.setdefault(d.name, set())
    scope.setters.setdefault(d.name, d)
    for word in d.args:
        if word.lower() not in known:
            raise Refused(f'invalid value "{word}"')
        if word.lower() in held:
            conf.warn(f'duplicate value "{word}"', d)
        held.add(word.lower())


def http2_buffer(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if (size := values.size(d.args[0])) is None:
        raise invalid(d)
    if size < 2 * 16:
        raise invalid(d, "value is too small")


def value(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """A text with variables."""
    scope.once(d, d.args[0])
    conf.text(scope, d, d.args[0])


def size_value(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """A size, or a text with variables that will be one."""
    scope.once(d, d.args[0])
    if not conf.text(scope, d, d.args[0]) and values.size(d.args[0]) is None:
        raise invalid(d)


def predicates(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    for word in d.args:
        conf.text(scope, d, word)


def path(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    """A directory and up to three levels of one to three characters, together not over three."""
    scope.once(d, d.args[0])
    for level in d.args[1:]:
        if (width := values.number(level)) is None or width == 0:
            raise invalid(d)
        if width > 3:
            raise invalid(d)


def access_mode(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    users = {f"{who}:{rights}" for who in ("user", "group", "all") for rights in ("r", "rw")}
    for word in d.args:
        if word not in users:
            raise Refused(f'invalid value "{word}"')


def mime_types(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    held: set[str] = scope.values.setdefault(d.name, set())
    for word in d.args:
        if word.lower() in held:
            conf.warn(f'duplicate MIME type "{word}"', d)
        held.add(word.lower())


def bind(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """proxy_bind and its like: an address with or without port, or off."""
    if d.name in scope.values:
        raise invalid(d, "is duplicate")
    if d.args == ("off",):
        return
    scope.keep(d)
    if not conf.text(scope, d, d.args[0]):
        host = values.url(d.args[0]) if values.address(d.args[0]) is None else None
        if host is not None and (host.error or host.address is None):
            raise Refused(f'invalid address "{d.args[0]}"')
    if len(d.args) > 1 and d.args[1] != "transparent":
        raise Refused(f'invalid parameter "{d.args[1]}"')


def power_of_two(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if (amount := values.number(d.args[0])) is None:
        raise invalid(d, "invalid number")
    if amount & (amount - 1) or not amount:
        raise invalid(d, "must be a power of two")


def charset(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """A name, or all of the argument after a "$" as the name of a variable."""
    scope.once(d)
    if d.args[0].startswith("$"):
        conf.use(scope, d, [d.args[0][1:]])


READERS: dict[str, ArgumentReader] = {
    "any": anything,
    "flag": flag,
    "text": text,
    "texts": texts,
    "pairs": pairs,
    "number": measure(values.number, "invalid number"),
    "size": measure(values.size),
    "offset": measure(values.offset),
    "seconds": measure(values.seconds),
    "milliseconds": measure(values.milliseconds),
    "buffers": buffers,
    "enum": enum,
    "mask": mask,
    "http2_buffer": http2_buffer,
    "power_of_two": power_of_two,
    "charset": charset,
    "value": value,
    "size_value": size_value,
    "predicates": predicates,
    "path": path,
    "access_mode": access_mode,
    "mime_types": mime_types,
    "bind": bind,
}
