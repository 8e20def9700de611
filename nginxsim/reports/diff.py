"""Reports of a comparison: for people, for programs, for the comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from nginxsim.diffing.facts import LISTS, Answered, is_decided_otherwise, lists
from nginxsim.diffing.types import FRAME, OLD, BehaviourChange, ConfChange, Difference, ModelChange
from nginxsim.diffing.wording import answer_text, item_text
from nginxsim.origins import Origin, Source
from nginxsim.printing import paint, printed, spaced
from nginxsim.reports.machine import cause_data, dumps, place, source_data
from nginxsim.reports.markdown import code, fenced, plain
from nginxsim.reports.terminal import for_people, plural, table, taken
from nginxsim.verdict.types import Finding

SIGNS = {"added": "+", "removed": "-", "changed": "~", "reordered": "~"}
PATCH_SIGNS = {**SIGNS, "changed": "!", "reordered": "!"}
COLOURS = {"+": "green", "-": "red", "~": "yellow"}
MARKER = "<!-- nginxsim diff -->"
"""First line of a comment, by which whoever posts it finds the one to replace."""

MOST_PLACES = 4
MOST_ROWS, MOST_LINES = 50, 400
"""Of a comment: GitHub takes 65,536 characters."""

LONGEST = 100
"""Characters of a directive or a value that are shown."""

ARROW = "  ->  "
NEVER_STORED = "never there, and what is said of it below is only what would be"
NEWLY_REFUSED = "nginx would refuse the new conf, and the controller keep the old one"
UNFOLLOWED = "only once the controller starts anew; until then it goes on serving them as they were"
STILL_REFUSED = "nginx would refuse both confs, the old and the new, and neither answers"


def diff_text(difference: Difference) -> str:
    """Behaviour first, then what the controller decides, then the conf."""
    sections = [
        [_summary(difference), *taken(difference.assumptions)],
        list(_titled(NEVER_STORED, _rows(difference.unstored))),
        list(_titled(NEWLY_REFUSED, _rows(difference.refused))),
        list(_titled(STILL_REFUSED, _rows(difference.still))),
        list(_titled(UNFOLLOWED, _rows(difference.unfollowed))),
        _all_lines(difference.behaviour, visible=True),
        list(_titled("the same answer for another reason", _all_lines(difference.behaviour, visible=False))),
        [f"not asked: {why}" for why in difference.unasked],
        list(_titled("model", list(table([_model_row(change) for change in difference.model], indent="  ")))),
        list(_titled("conf", list(_conf_lines(difference.conf)))),
    ]
    return for_people(spaced(lines for lines in sections if lines))


def running_text(changes: Sequence[ConfChange]) -> str:
    """What a running controller's conf has otherwise than the predicted one."""
    if not changes:
        return for_people(["the controller's nginx.conf is the one that is predicted"])
    told = f"{_count(len(changes), 'difference')} (- predicted, + in the controller's nginx.conf)"
    return for_people([paint(told, bold=True), *_conf_lines(changes, complete=True)])


def _rows(found: Iterable[Finding]) -> list[str]:
    rows = [(f.message, str(next(iter(f.origins), "")), f.owner) for f in found]
    return list(table(list(dict.fromkeys(rows)), indent="  "))


def _titled(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield paint(title, bold=True)
        yield from lines


def _summary(difference: Difference) -> str:
    changes = sum(change.is_visible for change in difference.behaviour)
    asked = (
        f"{_count(difference.requests, 'request')} asked about {_count(difference.hosts, 'host')}, "
        f"{_count(difference.equal_hosts, 'host')} equal on both sides"
    )
    if difference.refused:
        return f"the new conf is refused ({asked})"
    return f"{_count(changes, 'change') if changes else 'no change'} of behaviour ({asked})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {plural(noun, number)}"


def _all_lines(changes: Iterable[BehaviourChange], *, visible: bool) -> list[str]:
    return [line for change in changes if change.is_visible is visible for line in _behaviour_lines(change)]


def _behaviour_lines(change: BehaviourChange) -> Iterator[str]:
    before, after = answer_text(change.before), answer_text(change.after)
    asked = "  ".join((change.probe.url, *change.probe.extras))
    ends = before if before == after else before + ARROW + after
    yield f"{paint('~', fg=COLOURS['~'])} {paint(asked, bold=True)}   {ends}"
    rows = [*_details(change), *_reasons(change)]
    yield from table(rows, indent="    ")


def _details(change: BehaviourChange) -> Iterator[tuple[str, str]]:
    """Aspects that the line of statuses and services does not show."""
    for name in change.what:
        if name in LISTS:
            gone, come = lists(change.before, change.after, name)
            texts = [*(f"- {item_text(item)}" for item in gone), *(f"+ {item_text(item)}" for item in come)]
            yield from zip((name, *[""] * len(texts)), texts, strict=False)
        elif name in ("uri", "certificate"):
            texts = [str(getattr(answer.first, name)) or "the default one" for answer in (change.before, change.after)]
            yield name, ARROW.strip().join(f" {text} " for text in texts).strip()


def _reasons(change: BehaviourChange) -> Iterator[tuple[str, str]]:
    cause = change.cause
    explains = cause.level != "fine" and is_decided_otherwise(change.what)
    if explains:
        yield ("was" if change.side == OLD else "because"), f"{cause.message} ({cause.number} {cause.code})"
        yield from (("", _evidence(item.origin, item.text, item.note)) for item in cause.evidence)
        if cause.fix and change.side != OLD:
            yield "fix", cause.fix
    told = set(cause.origins) if explains else set()
    sources = [source for source in change.sources if source.origin is None or source.origin not in told]
    yield from zip(("changed", *[""] * len(sources)), map(source_text, sources), strict=False)
    if change.requests > 1:
        yield "alike", f"{_count(change.requests, 'request')}, {' and '.join(change.schemes)}: {_some(change.places)}"


def _evidence(origin: Origin, text: str, note: str) -> str:
    return "  ".join(filter(None, (str(origin), f'"{text}"' if text else "", note)))


def source_text(source: Source) -> str:
    """Where a directive comes from: place, what was written there, on which object."""
    if source.kind == "default":
        return "default"
    words = {"annotation": f"annotation {source.name}", "configmap": f"ConfigMap key {source.name}"}
    what = words.get(source.kind, source.name) + (f" of {source.owner}" if source.owner else "")
    return f"{source.origin}  {what}" if source.origin else what


def _some(places: Sequence[str]) -> str:
    more = len(places) - MOST_PLACES
    return ", ".join(places[:MOST_PLACES]) + (f" and {_count(more, 'more location')}" if more > 0 else "")


def _model_row(change: ModelChange) -> tuple[str, str, str, str]:
    sign = SIGNS[change.action]
    cut = shortened if change.kind == "setting" else str
    before, after = cut(change.before), cut(change.after)
    state = before + ARROW + after if before and after else before or after
    return paint(sign, fg=COLOURS[sign]), f"{change.kind} {change.name}", str(change.origin or ""), state


def _conf_lines(changes: Sequence[ConfChange], *, complete: bool = False) -> Iterator[str]:
    """By host and block; directives that nobody asked for are only counted, where others tell why they are there.

    complete: those too are shown.
    """
    for host, of_host in groupby(changes, key=lambda change: change.host):
        yield f"  {paint(host_name(host), bold=True)}"
        for scope, group in groupby(of_host, key=lambda change: change.scope):
            yield from _scope_lines(scope, list(group), complete=complete)


def host_name(host: str) -> str:
    return {FRAME: "outside of the servers", "_": "any other host"}.get(host, host)


def _scope_lines(scope: tuple[str, ...], changes: list[ConfChange], *, complete: bool) -> Iterator[str]:
    indent = "    "
    if scope:
        yield indent + " > ".join(scope)
        indent += "  "
    asked_for, silent = (changes, 0) if complete else _split(changes)
    yield from table([_conf_row(change) for change in asked_for], indent=indent)
    if silent:
        yield f"{indent}  and {_count(silent, 'directive')} that nobody asked for"


def _split(changes: list[ConfChange]) -> tuple[list[ConfChange], int]:
    """What somebody asked for, and how much else there is; all of it where nobody asked for anything."""
    asked_for = [change for change in changes if change.source.kind != "default"] or changes
    return asked_for, len(changes) - len(asked_for)


def _conf_row(change: ConfChange) -> tuple[str, str, str]:
    return paint(SIGNS[change.kind], fg=COLOURS[SIGNS[change.kind]]), conf_text(change), source_text(change.source)


def conf_text(change: ConfChange) -> str:
    before, after = shortened(change.before), shortened(change.after)
    if change.kind == "reordered":
        return f"{after} (in another order)"
    text = before + ARROW + after if change.kind == "changed" else before or after
    return f"{text} {{ {_count(change.directives, 'directive')} }}" if change.directives else text


def shortened(text: str) -> str:
    """Of what nobody reads to its end, such as Lua in the file, the beginning; JSON has all."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} ... ({len(text):,} characters)"


def diff_json(difference: Difference) -> str:
    return dumps(
        {
            "changes_behaviour": difference.changes_behaviour,
            "requests": difference.requests,
            "hosts": difference.hosts,
            "equal_hosts": difference.equal_hosts,
            "behaviour": [_behaviour_data(change) for change in difference.behaviour],
            "refused": list(map(_refused_data, difference.refused)),
            "still_refused": list(map(_refused_data, difference.still)),
            "unfollowed": list(map(_refused_data, difference.unfollowed)),
            "unstored": list(map(_refused_data, difference.unstored)),
            "unasked": list(difference.unasked),
            "assumptions": list(difference.assumptions),
            "model": [_model_data(change) for change in difference.model],
            "conf": [_conf_data(change) for change in difference.conf],
        }
    )


def running_json(changes: Sequence[ConfChange]) -> str:
    """The same as a list; `before` is predicted, `after` runs."""
    return dumps({"conf": list(map(_conf_data, changes))})


RUNNING_FORMATS = {"text": running_text, "json": running_json}
"""Of the differences from a conf that runs."""


def _refused_data(found: Finding) -> dict[str, Any]:
    return {"code": found.code, "message": found.message, "origins": list(map(place, found.origins))}


def _behaviour_data(change: BehaviourChange) -> dict[str, Any]:
    request = change.probe.request
    return {
        "url": change.probe.url,
        "method": request.method,
        "headers": list(request.headers),
        "client": request.client,
        "body_bytes": request.body_bytes,
        "auth_status": change.probe.auth_status,
        "what": list(change.what),
        "before": _answer_data(change.before),
        "after": _answer_data(change.after),
        "blamed": change.side,
        "cause": cause_data(change.cause),
        "sources": list(map(source_data, change.sources)),
        "requests": change.requests,
        "visible": change.is_visible,
        "schemes": list(change.schemes),
        "places": list(change.places),
    }


def _answer_data(answer: Answered) -> list[dict[str, Any]]:
    return [
        {
            "probability": share,
            "status": facts.status,
            "service": facts.service,
            "redirect": facts.redirect,
            "uri": facts.uri,
            "cause": facts.cause,
            "certificate": facts.certificate,
            "headers": list(facts.headers),
            "sent": list(facts.sent),
            "also": list(facts.also),
        }
        for share, facts in answer.outcomes
    ]


def _model_data(change: ModelChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "action": change.action,
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "origin": place(change.origin),
    }


def _conf_data(change: ConfChange) -> dict[str, Any]:
    return {
        "host": change.host,
        "scope": list(change.scope),
        "action": change.kind,
        "before": change.before,
        "after": change.after,
        "directives": change.directives,
        "old_source": source_data(change.old_source),
        "new_source": source_data(change.new_source),
    }


def diff_markdown(difference: Difference) -> str:
    """A comment for a pull request: a table of changed requests, the rest folded away."""
    parts = [[MARKER], [f"### nginxsim: {_summary(difference)}"]]
    parts += [[f"> {NEVER_STORED}: {plain(line.strip())}"] for line in _rows(difference.unstored)]
    parts += [[f"> nginx would refuse the new conf: {plain(line.strip())}"] for line in _rows(difference.refused)]
    parts += [[f"> {STILL_REFUSED}: {plain(line.strip())}"] for line in _rows(difference.still)]
    parts += [[f"> {UNFOLLOWED}: {plain(line.strip())}"] for line in _rows(difference.unfollowed)]
    parts += [[f"> not asked: {plain(why)}"] for why in difference.unasked]
    parts += [[f"> taken for granted: {plain(words)}"] for words in difference.assumptions]
    visible = [change for change in difference.behaviour if change.is_visible]
    if visible:
        rows = [_markdown_row(change) for change in visible[:MOST_ROWS]]
        parts.append(["| request | before | after | why |", "|---|---|---|---|", *rows])
        if (more := len(visible) - MOST_ROWS) > 0:
            parts.append([f"and {_count(more, 'more change')} of behaviour"])
    parts += _folded("decided otherwise by the controller", [_model_line(change) for change in difference.model])
    parts += _folded("directives of nginx.conf", list(_patch(difference.conf)))
    return printed(spaced(parts))


def _markdown_row(change: BehaviourChange) -> str:
    asked = code(change.probe.url) + "".join(f"<br>{plain(extra)}" for extra in change.probe.extras)
    if change.requests > 1:
        asked += f"<br>and {_count(change.requests - 1, 'request')} alike"
    ends = [code(answer_text(answer)) for answer in (change.before, change.after)]
    why = [
        plain(f"{label} {text}".strip()) for label, text in (*_details(change), *_reasons(change)) if label != "alike"
    ]
    return f"| {asked} | {ends[0]} | {ends[1]} | {'<br>'.join(why)} |"


def _model_line(change: ModelChange) -> str:
    _, *cells = _model_row(change)
    return "  ".join(filter(None, (PATCH_SIGNS[change.action], *cells)))


def _patch(changes: Sequence[ConfChange]) -> Iterator[str]:
    """The conf's changes as a patch shows them, each with where it comes from."""
    for (host, scope), group in groupby(changes, key=lambda change: (change.host, change.scope)):
        yield f"@@ {' > '.join((host_name(host), *scope))} @@"
        asked_for, silent = _split(list(group))
        for change in asked_for:
            source = f"   # {source_text(change.source)}"
            if change.kind == "changed":
                yield f"- {shortened(change.before)}"
                yield f"+ {shortened(change.after)}{source}"
            else:
                yield f"{PATCH_SIGNS[change.kind]} {conf_text(change)}{source}"
        if silent:
            yield f"# and {_count(silent, 'directive')} that nobody asked for"


def _folded(title: str, lines: Sequence[str]) -> Iterator[list[str]]:
    """A list that opens on a click, as parts of a comment."""
    if lines:
        shown = list(lines[:MOST_LINES])
        if (more := len(lines) - MOST_LINES) > 0:
            shown.append(f"# and {_count(more, 'more line')}")
        yield [f"<details><summary>{title}: {_count(len(lines), 'line')}</summary>"]
        yield list(fenced(shown, "diff"))
        yield ["</details>"]
