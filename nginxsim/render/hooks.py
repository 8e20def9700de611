"""The controller's Lua in nginx.conf: a file's name or the Lua itself, as the release has it at each hook."""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.releases import Script
from nginxsim.render.templates import Templates
from nginxsim.render.text import lines


class LuaHooks:
    """What templates call `lua`: the directive at a hook, such as lua("rewrite", loc=loc).

    What a hook's Lua speaks of beside what all templates share is handed over by name. before, after: further
    arguments of the directive.
    """

    def __init__(self, scripts: Mapping[str, Script], templates: Templates, shared: Mapping[str, object]) -> None:
        self._scripts = scripts
        self._templates = templates
        self._shared = shared
        self._known: dict[str, str] = {}

    def __call__(self, hook: str, *, before: str = "", after: str = "", **about: object) -> str:
        script = self._scripts[hook]
        if script.file:
            return f"{script.directive}_file {before}{script.file}{after};"
        return f"{script.directive}_block {before}{{{self._written_out(hook, about)}"

    def _written_out(self, hook: str, about: Mapping[str, object]) -> str:
        """The Lua and the brace behind it, with breaks that the whole file's layout decides about."""
        text = self._known.get(hook, "")
        if not text:
            text = lines(f"\n{self._templates.render(f'lua/{hook}.lua.j2', self._shared, **about)}}}")
            if not about:
                self._known[hook] = text
        return text
