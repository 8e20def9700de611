"""Marks for what templates write, by the names of what may have asked for it: annotations, ConfigMap keys, flags."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import ClassVar

from nginxsim.annotations import NAMES
from nginxsim.annotations.values import Effect, ParsedAnnotations
from nginxsim.config.flags import KNOWN as KNOWN_FLAGS
from nginxsim.config.flags import Flags
from nginxsim.config.settings import SETTING_KEYS, Settings
from nginxsim.origins import DEFAULT, Source
from nginxsim.render.provenance import Ledger


class MarksByName(dict[str, str], ABC):
    """Marks by the name of what may have been written, each made on first use.

    A name that the controller knows nothing of is a KeyError: a template that asks for it has it wrong.
    """

    kind: ClassVar[str]
    """What the names are names of."""
    names: ClassVar[Collection[str]]

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def __missing__(self, name: str) -> str:
        if name not in self.names:
            raise KeyError(name)
        mark = self[name] = self._ledger.mark(self._source(name))
        return mark

    @abstractmethod
    def _source(self, name: str) -> Source: ...


class ConfigMarks(MarksByName):
    """By ConfigMap key."""

    kind = "ConfigMap key"
    names = SETTING_KEYS

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        super().__init__(ledger)
        self._settings = settings

    def _source(self, name: str) -> Source:
        return self._settings.source(name)


class FlagMarks(MarksByName):
    """By the flag's name without dashes."""

    kind = "flag"
    names = KNOWN_FLAGS

    def __init__(self, ledger: Ledger, flags: Flags) -> None:
        super().__init__(ledger)
        self._given = flags.given

    def _source(self, name: str) -> Source:
        return self._given[name].source if name in self._given else DEFAULT


# Other names under which an annotation, or the ConfigMap's word on the same matter, may have been given.
_SAME = {
    "whitelist-source-range": ("allowlist-source-range", "whitelist-source-range"),
    "auth-url": ("auth-url", "global-auth-url"),
    "auth-signin": ("auth-signin", "global-auth-signin"),
    "auth-signin-redirect-param": ("auth-signin-redirect-param", "global-auth-signin-redirect-param"),
    "auth-method": ("auth-method", "global-auth-method"),
    "auth-response-headers": ("auth-response-headers", "global-auth-response-headers"),
    "auth-request-redirect": ("auth-request-redirect", "global-auth-request-redirect"),
    "auth-snippet": ("auth-snippet", "global-auth-snippet"),
    "auth-cache-key": ("auth-cache-key", "global-auth-cache-key"),
    "auth-cache-duration": ("auth-cache-duration", "global-auth-cache-duration"),
    "auth-always-set-cookie": ("auth-always-set-cookie", "global-auth-always-set-cookie"),
    "limit-whitelist": ("limit-allowlist", "limit-whitelist"),
}


class Marks(MarksByName):
    """By annotation; where an Ingress is silent or not understood, the ConfigMap's word on the same matter."""

    kind = "annotation"
    names = frozenset(NAMES)

    def __init__(self, ledger: Ledger, annotations: ParsedAnnotations, settings: Settings) -> None:
        super().__init__(ledger)
        self._annotations = annotations
        self._settings = settings
        self._ignored = {problem.annotation for problem in annotations.problems if problem.effect is Effect.IGNORED}

    def _source(self, name: str) -> Source:
        names = _SAME.get(name, (name,))
        heard = [name for name in names if name not in self._ignored]
        own = self._annotations.source(*heard)
        if own is not DEFAULT:
            return own
        return next((self._settings.sources[name] for name in names if name in self._settings.sources), DEFAULT)
