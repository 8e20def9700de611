"""From directives to settings: servers, locations, `if` blocks, with inheritance worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from nginxsim.nginx.conf import LocationConf
from nginxsim.nginx.directives import Part, route_of
from nginxsim.nginx.locations import Locations
from nginxsim.nginx.readers import IN_ONE, setting_reader
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.rewrite import ScriptCompiler
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.upstream_readers import FASTCGI_PARAMS, complete, upstream_reader
from nginxsim.nginx.variables import Variables

KNOWN_FILES = frozenset({"mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params"})
"""Files that an include may name without anything being left out that an answer depends on."""
_MODIFIERS = ("=", "^~", "~*", "~")


def includes_expanded(directives: Iterable[Directive]) -> tuple[Directive, ...]:
    """`include fastcgi_params` is known here; other files are left out."""
    out: list[Directive] = []
    for directive in directives:
        if directive.name == "include" and directive.args[:1] and directive.args[0].endswith("fastcgi_params"):
            out += (Directive("fastcgi_param", words, directive.line) for words in FASTCGI_PARAMS)
        else:
            out.append(directive)
    return tuple(out)


def location_words(directive: Directive) -> tuple[str, str]:
    """Modifier ("" for a prefix, "@" for a named one) and name of a location."""
    words = directive.args
    if len(words) == 2 and words[0] in _MODIFIERS:
        return words[0], words[1]
    if len(words) != 1:
        raise conf_error(directive.line, 'invalid number of arguments in "location" directive')
    for modifier in _MODIFIERS:
        if words[0].startswith(modifier):
            return modifier, words[0][len(modifier) :]
    return ("@", words[0]) if words[0].startswith("@") else ("", words[0])


class Compiler:
    def __init__(self, variables: Variables) -> None:
        self.variables = variables

    def top(self, http: Directive) -> LocationConf:
        conf = LocationConf()
        self._read(conf, includes_expanded(http.block or ()))
        return conf

    def server(self, block: Directive, parent: LocationConf) -> tuple[LocationConf, Locations]:
        conf = parent.child("server", "", block.line)
        directives = includes_expanded(block.block or ())
        self._read(conf, directives)
        conf.script = self._scripts(conf).compile(directives)
        return conf, self._locations(directives, conf)

    def _locations(self, directives: Sequence[Directive], parent: LocationConf) -> Locations:
        found = Locations()
        for directive in directives:
            if directive.name == "location":
                found.add(self._location(directive, parent))
        return found

    def _location(self, block: Directive, parent: LocationConf) -> LocationConf:
        kind, name = location_words(block)
        conf = parent.child(kind, name, block.line)
        if kind in ("~", "~*"):
            conf.regex = Regex(name, kind == "~*", block.line)
            for group in conf.regex.names:
                self.variables.allow_set(group)
        directives = includes_expanded(block.block or ())
        self._read(conf, directives)
        complete(conf, self.variables)
        conf.script = self._scripts(conf).compile(directives)
        if any(directive.name == "location" for directive in directives):
            conf.nested = self._locations(directives, conf)
        for directive in directives:
            if directive.name == "limit_except":
                conf.excepted, conf.except_conf = self._limit_except(directive, conf)
        return conf

    def _limit_except(self, block: Directive, parent: LocationConf) -> tuple[frozenset[str], LocationConf]:
        methods = {word.upper() for word in block.args}
        conf = parent.child("limit_except", parent.name, block.line)
        conf.content, conf.content_line = parent.content, parent.content_line
        self._read(conf, includes_expanded(block.block or ()))
        complete(conf, self.variables)
        return frozenset(methods | ({"HEAD"} if "GET" in methods else set())), conf

    def _scripts(self, conf: LocationConf) -> ScriptCompiler:
        return ScriptCompiler(self.variables, lambda block: self._if_block(block, conf))

    def _if_block(self, block: Directive, parent: LocationConf) -> LocationConf:
        """Inside a location the block is a location of its own; on the server level only its script counts."""
        in_location = parent.kind != "server"
        conf = parent.child("if" if in_location else "server", parent.name, block.line)
        directives = includes_expanded(block.block or ())
        if in_location:
            self._read(conf, directives)
            complete(conf, self.variables)
        conf.script = self._scripts(conf).compile(directives)
        return conf

    # --- settings ------------------------------------------------------------------------------------------------

    def _read(self, conf: LocationConf, directives: Sequence[Directive]) -> None:
        groups: dict[str, list[Directive]] = {}
        for directive in directives:
            reader = route_of(directive.name).reader
            groups.setdefault(reader if reader in IN_ONE else directive.name, []).append(directive)
        for same in groups.values():
            self._read_group(conf, same)

    def _read_group(self, conf: LocationConf, same: Sequence[Directive]) -> None:
        last = same[-1]
        part, reader, option = route_of(last.name)
        try:
            if part is Part.SETTING:
                setting_reader(reader, option)(conf, same, self.variables)
            elif part is Part.UPSTREAM:
                upstream = conf.own_upstream(last.name.partition("_")[0])
                upstream_reader(reader, option)(upstream, same, self.variables)
        except IndexError:
            raise conf_error(last.line, f'invalid number of arguments in "{last.name}" directive') from None
        if part is Part.ASSUMED:
            _assume(conf, option, off=last.args[:1] == ("off",))
        elif last.name == "include":
            _assume_includes(conf, last)


def _assume(conf: LocationConf, what: str, *, off: bool) -> None:
    kept = tuple(text for text in conf.assumptions if text != what)
    conf.assumptions = kept if off else (*kept, what)


def _assume_includes(conf: LocationConf, include: Directive) -> None:
    unread = (path for path in include.args if PurePosixPath(path).name not in KNOWN_FILES)
    conf.assumptions = (*conf.assumptions, *(f"include {path} adds nothing" for path in unread))
