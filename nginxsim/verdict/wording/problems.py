"""What is said of an annotation that did not come through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nginxsim.annotations import Problem, Wrong

WITH: Mapping[str, str] = {"auth-secret": " with the users' passwords"}
"""What the object that an annotation names is for."""


def wrong(problem: Problem) -> str:
    """What is wrong with the value: the offending part, and what was wanted."""
    if (missing := problem.missing) and "/" in missing.key:
        purpose = WITH.get(problem.annotation, "")
        return f"there is no {'' if purpose else 'usable '}{missing.kind} {missing.key}{purpose}"
    if problem.offending:
        return f"'{problem.offending}' is not {problem.expected}"
    return f"expected {problem.expected}" if problem.expected else problem.reason


def remedy(problems: Iterable[Problem]) -> str:
    """What each of the annotations would have to be."""
    return "; ".join(
        dict.fromkeys(f"{problem.annotation} needs {problem.expected}, or remove it" for problem in problems)
    )


def complaint(problem: Problem) -> str:
    """The controller's reason, followed by ours where it speaks of its store; where it only repeats the annotation's
    name, the part of the value that is wrong.
    """
    if problem.kind is Wrong.VALUE:
        value = problem.offending or problem.value
        quote = "'" if '"' in value else '"'
        return f"{quote}{value}{quote} is no valid value for {problem.annotation}"
    if problem.kind is Wrong.RISKY:
        return f"{problem.annotation} is riskier than annotations-risk-level allows"
    if problem.missing and "/" in problem.missing.key:
        return f"{problem.complaint} ({wrong(problem)})"
    return problem.complaint


def fix(problem: Problem, prefix: str) -> str:
    """What to do about it. prefix: of the controller's annotations, with its slash."""
    name = prefix + problem.annotation
    if problem.kind is Wrong.RISKY:
        return f"take {problem.annotation} out, or set {problem.expected}"
    if problem.missing:
        return f"create {problem.missing.key}, or correct {name}"
    return f"{name} wants {problem.expected}" if problem.expected else f"correct {name}"
