"""ModSecurity's rule language, for rules that look at the request line, its headers and the client's address.

owasp-modsecurity/ModSecurity 3.0.14: src/parser/seclang-parser.yy, src/rule_with_actions.cc, src/operators/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

CONTINUED = re.compile(r"\\\r?\n[ \t]*")
NAME = re.compile(r"[A-Za-z0-9]+")
ARGUMENT = r'"(?:[^"\\]|\\.)*+"|\S++'
RULE = re.compile(
    rf'[ \t]++(?P<what>"[^"]*+"|\S++)[ \t]++(?P<test>{ARGUMENT})(?:[ \t]++(?P<actions>{ARGUMENT}))?'
).fullmatch
ACTION = re.compile(rf"[ \t]++(?P<actions>{ARGUMENT})").fullmatch
_OPERATOR = re.compile(r"(!?)(?:@(\w+)[ \t]*)?(.*)", re.DOTALL)
_ACTION = re.compile(r"(?:[^,']++|'(?:[^'\\]|\\.)*+'?+)++")


class Engine(StrEnum):
    """SecRuleEngine; without one, rules are tried and nothing is blocked."""

    ON = "On"
    OFF = "Off"
    DETECTION_ONLY = "DetectionOnly"
    UNSET = ""


def lines(text: str) -> Iterator[tuple[int, int, str]]:
    """(line number, bytes of blanks before it, text) of what is neither blank nor a comment."""
    number = 1
    for whole in re.split(r"(?<!\\)\n|(?<=\\\\)\n", text):
        line = CONTINUED.sub(" ", whole).rstrip(" \t\r")
        stripped = line.lstrip(" \t")
        if stripped and not stripped.startswith("#"):
            yield number, len(line) - len(stripped), stripped
        number += 1 + whole.count("\n")


class Test(NamedTuple):
    """Of a SecRule: where it looks, by which operator, for what. operator "": SecAction, which always holds."""

    variables: str
    operator: str
    argument: str
    is_negated: bool
    transformations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """tests: more than one for a chain. disruptive: deny, drop, redirect, block, allow, pass; "" for none of these."""

    id: str
    phase: int
    tests: tuple[Test, ...]
    disruptive: str
    status: int
    target: str
    message: str
    others: frozenset[str]
    """Its further actions by name."""


class RuleSet(NamedTuple):
    """The rules of one level and those it takes over, which come behind its own. line: of `modsecurity on`."""

    on: bool = False
    line: int = 0
    engine: Engine = Engine.UNSET
    rules: tuple[Rule, ...] = ()
    defaults: Mapping[int, Rule] = {}
    """SecDefaultAction by phase: what `block` does."""
    files: tuple[str, ...] = ()
    """Read by nginx, and unknown here."""
    removed: frozenset[str] = frozenset()

    def then(self, further: RuleSet) -> RuleSet:
        """The same with what follows on the same level, whose settings count."""
        return further._replace(
            engine=further.engine or self.engine,
            rules=self.rules + further.rules,
            defaults={**self.defaults, **further.defaults},
            files=self.files + further.files,
            removed=self.removed | further.removed,
        )

    def over(self, outer: RuleSet) -> RuleSet:
        """A level within another: its own settings count, its own rules come first."""
        return outer.then(self)._replace(rules=self.rules + outer.rules)


def from_file(path: str) -> RuleSet:
    """modsecurity.conf is what ModSecurity recommends to begin with: it only writes down what it finds."""
    return RuleSet(engine=Engine.DETECTION_ONLY) if path.endswith("/modsecurity.conf") else RuleSet(files=(path,))


def from_text(text: str) -> RuleSet:
    engine, defaults, removed = Engine.UNSET, dict[int, Rule](), set[str]()
    rules: list[Rule] = []
    is_chained = False
    for _, _, line in lines(text):
        name = line.partition(" ")[0].partition("\t")[0]
        rest = line[len(name) :]
        match name.lower():
            case "secruleengine":
                engine = _engine(rest.strip().strip('"'))
            case "secdefaultaction":
                made = _rule((), rest.strip())
                defaults[made.phase] = made
            case "secruleremovebyid":
                removed |= {word.strip('"') for word in rest.split()}
            case "secrule" | "secaction":
                made = _made(name.lower(), rest)
                if is_chained and rules:
                    rules[-1] = _chained(rules[-1], made)
                else:
                    rules.append(made)
                is_chained = "chain" in made.others
    return RuleSet(engine=engine, rules=tuple(rules), defaults=defaults, removed=frozenset(removed))


def _engine(word: str) -> Engine:
    return next((each for each in Engine if each and each.lower() == word.lower()), Engine.UNSET)


def _made(name: str, rest: str) -> Rule:
    match = RULE(rest) if name == "secrule" else ACTION(rest)
    if match is None:
        return _rule((), "")
    actions = match["actions"] or ""
    if name == "secaction":
        return _rule((Test("", "", "", False, ()),), actions)
    operator = _OPERATOR.fullmatch(_unquoted(match["test"]))
    assert operator is not None
    kind = (operator[2] or "rx").lower()
    test = Test(_unquoted(match["what"]), kind, operator[3], bool(operator[1]), _transformations(actions))
    return _rule((test,), actions)


def _unquoted(text: str) -> str:
    inner = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    return inner.replace('\\"', '"')


def _actions(text: str) -> Iterator[tuple[str, str]]:
    for part in _ACTION.findall(_unquoted(text)):
        name, _, value = part.strip().partition(":")
        yield name.strip().lower(), value.strip().strip("'")


def _transformations(actions: str) -> tuple[str, ...]:
    found = [value.lower() for name, value in _actions(actions) if name == "t"]
    last_none = max((at for at, value in enumerate(found) if value == "none"), default=-1)
    return tuple(found[last_none + 1 :])


DISRUPTIVE = ("deny", "drop", "redirect", "block", "allow", "pass", "proxy")
PHASES = {"request": 2, "response": 4, "logging": 5}


def _rule(tests: tuple[Test, ...], text: str) -> Rule:
    found = dict(_actions(text))
    phase = found.get("phase", "2")
    disruptive = next((name for name in DISRUPTIVE if name in found), "")
    return Rule(
        id=found.get("id", ""),
        phase=int(phase) if phase.isdecimal() else PHASES.get(phase.lower(), 2),
        tests=tests,
        disruptive=disruptive,
        status=int(status) if (status := found.get("status", "")).isdecimal() else 0,
        target=found.get("redirect", ""),
        message=found.get("msg", ""),
        others=frozenset(found),
    )


def _chained(rule: Rule, further: Rule) -> Rule:
    """A chain's first rule says what happens, all of its tests must hold."""
    return Rule(
        rule.id,
        rule.phase,
        rule.tests + further.tests,
        rule.disruptive,
        rule.status,
        rule.target,
        rule.message,
        rule.others | further.others,
    )
