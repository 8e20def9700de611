"""The rewrite module: set, if, return, rewrite, break, in the order they are written.

nginx 1.27.1: src/http/modules/ngx_http_rewrite_module.c, src/http/ngx_http_script.c
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from nginxsim.nginx.conf import STOP, LocationConf, Op
from nginxsim.nginx.directives import Part, route_of
from nginxsim.nginx.disk import is_file, is_folder
from nginxsim.nginx.escapes import escape_component, escape_uri, percent_decode, unescape_redirect
from nginxsim.nginx.events import (
    Broke,
    ConditionHeld,
    MatchGaveUp,
    Redirected,
    Returned,
    Rewrote,
    RewroteToNothing,
    SetterFailed,
)
from nginxsim.nginx.lua_api import LuaError, Script
from nginxsim.nginx.maps import variable_name
from nginxsim.nginx.phases.finish import SENT, send_response
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.nginx.script import Text, Value, compile_value, constant, joined, parts_of
from nginxsim.nginx.sizes import whole_number
from nginxsim.nginx.steps import Phase
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.variables import Variables

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

Condition: TypeAlias = Callable[["LiveRequest"], bool]
BlockReader: TypeAlias = Callable[[Directive], LocationConf]
"""Compiles the inside of an `if`: its settings and its own script."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def run_script(request: LiveRequest, script: Sequence[Op]) -> int | None:
    """The status to finish with, or None to go on."""
    request.quote = True
    try:
        for op in script:
            code = op(request)
            if code is not None:
                return None if code == STOP else code
    except MatchLimitError as error:
        request.settle(MatchGaveUp, 0, Phase.REWRITE, str(error))
        return 500
    return None


class ScriptCompiler:
    """Turns the rewrite directives among those of one level into operations."""

    def __init__(self, variables: Variables, read_block: BlockReader) -> None:
        self.variables = variables
        self.read_block = read_block

    def compile(self, directives: Sequence[Directive]) -> tuple[Op, ...]:
        ops: list[Op] = []
        steps = [directive for directive in directives if route_of(directive.name).part is Part.SCRIPT]
        for plain, group in groupby(steps, self._is_plain_set):
            run = tuple(group)
            ops += self._sets(run) if plain else map(self._op, run)
        return tuple(ops)

    def _is_plain_set(self, directive: Directive) -> bool:
        """Whether all it does is to store a value: runs of these become few operations."""
        if directive.name != "set" or len(directive.args) != 2:
            return False
        name = variable_name(directive.args[0], directive.line)
        self.variables.allow_set(name)
        source = directive.args[1]
        return not self.variables.has_setter(name) and ("$" not in source or not self._value(directive).has_captures)

    def _sets(self, directives: Iterable[Directive]) -> Iterator[Op]:
        """Texts are stored in one go, and so is a variable that is known to hold one."""
        known: dict[str, str] = {}
        texts: dict[str, str] = {}
        values: list[tuple[str, Text]] = []
        for directive in directives:
            name, value = variable_name(directive.args[0], directive.line), self._value(directive)
            text = known.get(value.kept) if value.constant is None else value.constant
            if text is not None:
                if values:
                    yield _set_values(tuple(values))
                    values = []
                known[name] = texts[name] = text
                continue
            if texts:
                yield _set_texts(texts)
                texts = {}
            known.pop(name, None)
            values.append((name, value.get))
        if values or texts:
            yield _set_values(tuple(values)) if values else _set_texts(texts)

    def _value(self, directive: Directive) -> Value:
        return compile_value(directive.args[1], self.variables, directive.line)

    def _op(self, directive: Directive) -> Op:
        try:
            return STEPS[route_of(directive.name).reader](self, directive)
        except IndexError:
            raise conf_error(directive.line, f'invalid number of arguments in "{directive.name}" directive') from None

    # --- set -----------------------------------------------------------------------------------------------------

    def _target(self, directive: Directive) -> Callable[[LiveRequest, str], None]:
        name = variable_name(directive.args[0], directive.line)
        self.variables.allow_set(name)
        return self.variables.setters[name]

    def set(self, directive: Directive) -> Op:
        put = self._target(directive)
        get = self._script_text(directive.args[1], directive.line)

        def op(request: LiveRequest) -> None:
            put(request, get(request))

        return op

    def _script_text(self, source: str, line: int) -> Text:
        value = compile_value(source, self.variables, line)
        if not value.has_captures:
            return value.get
        return _with_quoted_captures(source, line, self.variables)

    def set_escaped(self, directive: Directive) -> Op:
        put = self._target(directive)
        get = compile_value(directive.args[-1], self.variables, directive.line).get
        change = {"set_escape_uri": escape_component, "set_unescape_uri": percent_decode}[directive.name]

        def op(request: LiveRequest) -> None:
            put(request, change(get(request)))

        return op

    def set_by_lua(self, directive: Directive) -> Op:
        put = self._target(directive)
        script = Script.of(directive.name, directive.args[1], directive.line)
        values = [compile_value(word, self.variables, directive.line) for word in directive.args[2:]]

        def op(request: LiveRequest) -> int | None:
            setter = request.run.lua.setter(script)
            if setter is None:
                name = directive.args[0].lstrip("$")
                request.assume(f"{directive.name} {script.name or 'block'} leaves ${name} empty")
                put(request, "")
                return None
            try:
                put(request, setter(request, [value.get(request) for value in values]))
            except LuaError as error:
                request.settle(SetterFailed, directive.line, str(directive), str(error))
                return 500
            return None

        return op

    # --- return, break -------------------------------------------------------------------------------------------

    def return_(self, directive: Directive) -> Op:
        words, line = directive.args, directive.line
        if (code := whole_number(words[0])) is not None and code < 1000:
            status = code
            text = compile_value(words[1], self.variables, line) if len(words) > 1 else None
        elif len(words) == 1 and words[0].startswith(("http://", "https://", "$scheme")):
            status, text = 302, compile_value(words[0], self.variables, line)
        else:
            raise conf_error(line, f'invalid return code "{words[0]}"')
        shown = str(directive)
        if status >= 400 and (text is None or text.source == ""):
            return _return_status(status, shown, line)
        return _return_text(status, text or constant(""), shown, line)

    def break_(self, directive: Directive) -> Op:
        def op(request: LiveRequest) -> int:
            if request.uri_changed:
                request.valid_location = False
                request.uri_changed = False
            request.note(Broke, directive.line)
            return STOP

        return op

    # --- rewrite -------------------------------------------------------------------------------------------------

    def rewrite(self, directive: Directive) -> Op:
        pattern, replacement = directive.args[0], directive.args[1]
        flag = directive.args[2] if len(directive.args) > 2 else ""
        if flag not in ("", "last", "break", "redirect", "permanent"):
            raise conf_error(directive.line, f'invalid parameter "{flag}"')
        regex = Regex(pattern, line=directive.line)
        for name in regex.names:
            self.variables.allow_set(name)
        keeps_args = not replacement.endswith("?")
        replacement = replacement if keeps_args else replacement[:-1]
        status = {"redirect": 302, "permanent": 301}.get(flag, 0)
        if replacement.startswith(("http://", "https://", "$scheme")):
            status = status or 302
        fill = _Replacement(replacement, directive.line, self.variables, bool(status))
        if status:
            return _rewrite_redirect(regex, fill, status, keeps_args, directive)
        return _rewrite_uri(regex, fill, flag, keeps_args, directive)

    # --- if ------------------------------------------------------------------------------------------------------

    def if_(self, directive: Directive) -> Op:
        test = self.condition(directive)
        conf = self.read_block(directive)
        switches = conf.kind == "if"
        text = f"if ({' '.join(directive.condition)})"

        def op(request: LiveRequest) -> int | None:
            if not test(request):
                return None
            request.note(ConditionHeld, directive.line, text)
            if switches:
                request.conf = conf
                if conf.content:
                    request.content = conf.content
            for inner in conf.script:
                code = inner(request)
                if code is not None:
                    return code
            return None

        return op

    def condition(self, directive: Directive) -> Condition:
        words, line = directive.condition, directive.line
        if words == directive.args:
            raise conf_error(line, f'invalid condition "{words[0] if words else ""}"')
        if words[0].startswith("$"):
            return self._variable_condition(words, line)
        if words[0] in _FILE_TESTS and len(words) == 2:
            value = compile_value(words[1], self.variables, line)
            return _file_test(words[0], value)
        raise conf_error(line, f'invalid condition "{words[0]}"')

    def _variable_condition(self, words: Sequence[str], line: int) -> Condition:
        subject = compile_value(words[0], self.variables, line).get
        if len(words) == 1:
            return lambda request: subject(request) not in ("", "0")
        operator, operand = words[1], words[2] if len(words) > 2 else ""
        if operator in ("=", "!="):
            return self._equals(subject, operand, operator == "=", line)
        if operator in ("~", "~*", "!~", "!~*"):
            regex = Regex(operand, operator.endswith("*"), line)
            for name in regex.names:
                self.variables.allow_set(name)
            return _regex_test(subject, regex, operator.startswith("!"))
        raise conf_error(line, f'unexpected "{operator}" in condition')

    def _equals(self, subject: Text, operand: str, wanted: bool, line: int) -> Condition:
        value = compile_value(operand, self.variables, line)
        if value.constant is not None:
            fixed = value.constant
            return (
                (lambda request: subject(request) == fixed) if wanted else (lambda request: subject(request) != fixed)
            )
        get = value.get
        return lambda request: (subject(request) == get(request)) is wanted


STEPS: Mapping[str, Callable[[ScriptCompiler, Directive], Op]] = {
    "set": ScriptCompiler.set,
    "set_escaped": ScriptCompiler.set_escaped,
    "set_by_lua": ScriptCompiler.set_by_lua,
    "return": ScriptCompiler.return_,
    "break": ScriptCompiler.break_,
    "rewrite": ScriptCompiler.rewrite,
    "if": ScriptCompiler.if_,
}
_FILE_TESTS = frozenset({"-f", "!-f", "-d", "!-d", "-e", "!-e", "-x", "!-x"})


def _set_texts(texts: dict[str, str]) -> Op:
    def op(request: LiveRequest) -> None:
        request.vars.update(texts)

    return op


def _set_values(values: tuple[tuple[str, Text], ...]) -> Op:
    def op(request: LiveRequest) -> None:
        known = request.vars
        for name, get in values:
            known[name] = get(request)

    return op


def _with_quoted_captures(source: str, line: int, variables: Variables) -> Text:
    """`set` escapes captures of an encoded URI until the first matching `rewrite` of the script."""
    fill = _Replacement(source, line, variables, True)
    return lambda request: fill(request, request.quote)[0]


def _return_status(status: int, shown: str, line: int) -> Op:
    def op(request: LiveRequest) -> int:
        request.settle(Returned, line, shown)
        return status

    return op


def _return_text(status: int, text: Value, shown: str, line: int) -> Op:
    get = text.get

    def op(request: LiveRequest) -> int:
        body = get(request)
        request.settle(Returned, line, shown)
        return send_response(request, status, body)

    return op


def _regex_test(subject: Text, regex: Regex, negated: bool) -> Condition:
    def test(request: LiveRequest) -> bool:
        matched = regex.matches(request, subject(request))
        if not matched:
            request.captures = ()
        return matched is not negated

    return test


def _file_test(operator: str, value: Value) -> Condition:
    negated = operator.startswith("!")

    def test(request: LiveRequest) -> bool:
        path = value.get(request)
        found = operator[-1] != "d" and is_file(request, path)
        found = found or (operator[-1] in "de" and is_folder(request, path))
        return found is not negated

    return test


class _Replacement:
    """A replacement text; `?` outside of variables begins the new arguments (not in a redirect)."""

    def __init__(self, source: str, line: int, variables: Variables, whole: bool) -> None:
        self.has_args = "?" in "".join(text for kind, text in parts_of(source, line) if kind == "text")
        self.parts: list[tuple[str, int, Text | None, str]] = []
        for kind, text in parts_of(source, line):
            if kind == "capture":
                self.parts.append((kind, int(text), None, ""))
            elif kind == "variable":
                self.parts.append((kind, 0, compile_value(f"${{{text}}}", variables, line).get, ""))
            else:
                self._add_text(text, whole)

    def _add_text(self, text: str, whole: bool) -> None:
        pieces = [text] if whole else text.split("?")
        for index, piece in enumerate(pieces):
            if index:
                self.parts.append(("args", 0, None, ""))
            if piece:
                self.parts.append(("text", 0, None, piece))

    def __call__(self, request: LiveRequest, quote: bool) -> tuple[str, str | None]:
        """The text before and after the question mark (None: there is none)."""
        out: list[str] = []
        args_from: int | None = None
        escapes = request.quoted or request.plus
        for kind, number, get, text in self.parts:
            if kind == "text":
                out.append(text)
            elif kind == "args":
                args_from = len(out)
            elif get is not None:
                out.append(get(request))
            elif number < len(request.captures):
                captured = request.captures[number]
                is_args = args_from is not None
                out.append(escape_uri(captured, "args") if escapes and (quote or is_args) else captured)
        if args_from is None:
            return joined(request, out), None
        return joined(request, out[:args_from]), joined(request, out[args_from:])


def _matched(request: LiveRequest, regex: Regex) -> bool:
    if regex.matches(request, request.uri):
        return True
    request.captures = ()
    return False


def _rewrite_redirect(regex: Regex, fill: _Replacement, status: int, keeps_args: bool, directive: Directive) -> Op:
    def op(request: LiveRequest) -> int | None:
        if not _matched(request, regex):
            return None
        request.internal, request.valid_unparsed, request.uri_changed = True, False, True
        location = unescape_redirect(fill(request, True)[0])
        request.quote = False
        if keeps_args and request.args:
            location += ("&" if fill.has_args else "?") + request.args
        request.set_response_header("Location", location)
        request.location_header = location
        request.settle(Redirected, directive.line, str(directive), request.uri, regex.text)
        return status

    return op


def _rewrite_uri(regex: Regex, fill: _Replacement, flag: str, keeps_args: bool, directive: Directive) -> Op:
    shown = str(directive)

    def op(request: LiveRequest) -> int | None:
        if not _matched(request, regex):
            return None
        request.internal, request.valid_unparsed = True, False
        if flag == "break":
            request.valid_location, request.uri_changed = False, False
        else:
            request.uri_changed = True
        old = request.uri
        uri, args = fill(request, False)
        request.quote = False
        if args is not None:
            request.args = f"{args}&{request.args}" if keeps_args and request.args else args
        elif not keeps_args:
            request.args = ""
        if not uri:
            request.settle(RewroteToNothing, directive.line, shown)
            return 500
        request.uri = uri
        request.note(Rewrote, directive.line, shown, old, uri)
        return STOP if flag in ("last", "break") else None

    return op


__all__ = ["REDIRECTS", "SENT", "ScriptCompiler", "run_script"]
