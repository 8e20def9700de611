"""From a text in which variables were filled in back to what a person edits: the variable, or what was there before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from nginxsim.origins import Origin
from nginxsim.sources.substitution import variables
from nginxsim.sources.trace import Trace
from nginxsim.sources.trees import Spot, reach, text_of


@dataclass(frozen=True, slots=True)
class Variable:
    """value: None where it is not known."""

    value: str | None
    origin: Callable[[], Origin]


@dataclass(frozen=True)
class SubstitutionTrace(Trace):
    before: Trace
    known: Mapping[str, Variable]

    def place(self, spot: Spot | None, line: int) -> Origin:
        if spot is None or spot.document >= len(self.before.documents):
            return self.before.place(None, line)
        name, value, _ = reach(self.before.documents[spot.document], spot.path)
        variable = None if spot.is_name else self._deciding(value, text_of(self._value(spot)))
        if variable:
            return variable.origin().settled()
        return self.before.place(spot, (name if spot.is_name else value).start_mark.line + 1)

    def _value(self, spot: Spot) -> yaml.Node:
        return reach(self.documents[spot.document], spot.path)[1]

    def _deciding(self, before: yaml.Node, after: str) -> Variable | None:
        """The longest value that has come out."""
        asked = [self.known[name] for name in variables(text_of(before)) if name in self.known]
        fitting = [variable for variable in asked if variable.value and variable.value in after]
        return max(fitting, key=lambda variable: len(variable.value or ""), default=None)
