"""The environment and the files of a container, as far as the input has them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from nginxsim.around.auth.oauth2_proxy.settings import File
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.inside import key_at
from nginxsim.kube.objects import NOWHERE, Container, Inside, Reference, Secret, Word
from nginxsim.origins import Origin

NOTHING = Inside()


@dataclass(frozen=True)
class Inner:
    """One container of a namespace."""

    cluster: Cluster
    namespace: str
    container: Container

    @property
    def _inside(self) -> Inside:
        return self.container.inside or NOTHING

    @cached_property
    def variables(self) -> Mapping[str, Word]:
        """By name; what only the cluster knows is unknown there too."""
        found: dict[str, Word] = {}
        for reference in self._inside.others:
            found |= {reference.prefix + key: Word(text, place) for key, text, place in self._entries(reference) or ()}
        for name, told in self._inside.variables:
            found[name] = self._value(name, told) if isinstance(told, Reference) else _settled(told, found)
        return found

    @cached_property
    def missing(self) -> tuple[Reference, ...]:
        """ConfigMaps and Secrets whose variables nobody knows, because they are not in the input."""
        return tuple(each for each in self._inside.others if self._entries(each) is None)

    def _value(self, name: str, reference: Reference) -> Word:
        for key, text, _ in self._entries(reference) or ():
            if key == reference.key:
                return Word(text, reference.origin)
        return Word("", reference.origin, (name,))

    def _entries(self, reference: Reference) -> list[tuple[str, str, Origin]] | None:
        """Keys, values and places of an object; None where these are not known."""
        key = f"{self.namespace}/{reference.name}"
        if reference.kind == "ConfigMap":
            found = self.cluster.config_maps.get(key)
            places = found.origins if found else {}
            return [(name, text, places.get(name, NOWHERE)) for name, text in found.data.items()] if found else None
        return _opened(self.cluster.secrets.get(key))

    def file(self, path: str) -> File | None:
        """What a volume puts there; None where nobody knows it."""
        for mount in self._inside.mounts:
            for reference in mount.holds:
                if (key := key_at(mount, reference, path)) and (found := self._read(reference, key)):
                    return found
        return None

    def _read(self, reference: Reference, wanted: str) -> File | None:
        entries = self._entries(reference) or ()
        return next((File(text, place) for key, text, place in entries if key == wanted), None)


def _opened(secret: Secret | None) -> list[tuple[str, str, Origin]] | None:
    if secret is None or not secret.is_open:
        return None
    return [(key, value.decode(errors="replace"), secret.meta.origin) for key, value in secret.data.items()]


def _settled(word: Word, before: Mapping[str, Word]) -> Word:
    """With $(NAME) filled in by the variables before it."""
    text = word.text
    for name, value in before.items() if "$(" in text else ():
        text = text.replace(f"$({name})", value.text)
    return word._replace(text=text)


def command_line(container: Container, program: str) -> tuple[Word, ...] | None:
    """What follows the program, or, where the image names that, everything; None where a shell reads it first."""
    words = container.words
    first = words[0].text if words else ""
    if any(program in word.text and " " in word.text.strip() for word in words):
        return None
    if first and not first.startswith("-"):
        named = next(_named(words, program), None)
        return None if named is None else words[named + 1 :]
    return words


def _named(words: tuple[Word, ...], program: str) -> Iterator[int]:
    return (at for at, word in enumerate(words) if posixpath.basename(word.text) == program)
