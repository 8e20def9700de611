"""From directives to settings: servers, locations, `if` blocks, with inheritance worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from crossplane.analyzer import DIRECTIVES as KNOWN_DIRECTIVES

from nginxsim.nginx.conf import LocationConf
from nginxsim.nginx.locations import Locations
from nginxsim.nginx.readers import ASSUMED, GROUPS, READERS
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.rewrite import REWRITE_DIRECTIVES, ScriptCompiler
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.upstream_readers import FASTCGI_PARAMS, PROTOCOLS, UPSTREAM_READERS, complete, split_name
from nginxsim.nginx.variables import Variables

_BLOCKS = frozenset({"location", "server", "limit_except", "upstream", "map", "geo", "split_clients"})
_HARMLESS = frozenset(
    {
        "balancer",
        "body",
        "exit",
        "geoip2",
        "http2",
        "http3",
        "init",
        "log",
        "lua",
        "modsecurity",
        "opentelemetry",
        "opentracing",
        "quic",
        "ssl",
    }
)
"""First words of other modules' directives that no answer depends on."""
_NEWER = frozenset(
    {
        "auth_delay",
        "auth_digest_expires",
        "auth_digest_timeout",
        "auth_digest_user_file",
        "brotli_buffers",
        "brotli_comp_level",
        "brotli_min_length",
        "brotli_types",
        "brotli_window",
        "keepalive_time",
    }
)
"""Directives without a bearing on any answer that the list of known ones lacks."""
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
        conf.script = self._scripts(conf).compile([d for d in directives if d.name in REWRITE_DIRECTIVES])
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
        conf.script = self._scripts(conf).compile([d for d in directives if d.name in REWRITE_DIRECTIVES])
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
        conf.script = self._scripts(conf).compile([d for d in directives if d.name in REWRITE_DIRECTIVES])
        return conf

    # --- settings ------------------------------------------------------------------------------------------------

    def _read(self, conf: LocationConf, directives: Sequence[Directive]) -> None:
        grouped: dict[str, list[Directive]] = {}
        for directive in directives:
            grouped.setdefault(GROUPS.get(directive.name, directive.name), []).append(directive)
        for name, same in grouped.items():
            self._read_group(conf, name, same)

    def _read_group(self, conf: LocationConf, name: str, same: Sequence[Directive]) -> None:
        reader = READERS.get(name)
        try:
            if reader is not None:
                reader(conf, same, self.variables)
            elif (split := split_name(name)) is not None:
                UPSTREAM_READERS[split[1]](conf.own_upstream(split[0]), same, self.variables)
        except IndexError:
            raise conf_error(same[-1].line, f'invalid number of arguments in "{name}" directive') from None
        self._assume(conf, name, same[-1])

    def _assume(self, conf: LocationConf, name: str, directive: Directive) -> None:
        off = directive.args[:1] == ("off",)
        if name == "include":
            unread = (path for path in directive.args if PurePosixPath(path).name not in KNOWN_FILES)
            conf.assumptions = (*conf.assumptions, *(f"include {path} adds nothing" for path in unread))
        elif name in ASSUMED:
            kept = tuple(text for text in conf.assumptions if text != ASSUMED[name])
            conf.assumptions = kept if off else (*kept, ASSUMED[name])
        elif not off and _is_foreign(name):
            conf.assumptions = (*conf.assumptions, f"{name} changes nothing")


def _is_foreign(name: str) -> bool:
    """A directive of no module that is known here."""
    if name in READERS or name in REWRITE_DIRECTIVES or name in _BLOCKS or name in KNOWN_DIRECTIVES:
        return False
    first = name.partition("_")[0]
    return first not in _HARMLESS and first not in PROTOCOLS and name not in _NEWER
