"""What stands between an Ingress' annotations and their extraction, and what is taken from them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nginxsim.annotations.values import ParsedAnnotations
from nginxsim.golang.strconv import trim
from nginxsim.kube.objects import Ingress
from nginxsim.origins import Origin

if TYPE_CHECKING:
    from nginxsim.config.controller import Controller


@dataclass(frozen=True, slots=True)
class BlockedWord:
    """annotation: the full name; reason: the controller's words."""

    annotation: str
    word: str
    reason: str
    origin: Origin | None


def blocked_word(ingress: Ingress, controller: Controller, *, trimmed: bool = False) -> BlockedWord | None:
    """The first annotation, by name, with a word of annotation-value-word-blocklist; such an Ingress is skipped."""
    return next(blocked_words(ingress, controller, trimmed=trimmed), None)


def blocked_words(ingress: Ingress, controller: Controller, *, trimmed: bool = False) -> Iterator[BlockedWord]:
    """The first such word in each annotation, by name.

    `trimmed`: blanks around the words of the list do not count, which is how admission sees it.
    """
    # ingress-nginx 1.15.1: internal/ingress/controller/store/store.go checkBadAnnotationValue
    blocklist = controller.settings.annotation_value_word_blocklist
    words = trim(blocklist).split(",") if blocklist else ()
    prefix = controller.flags.prefix
    for name, value in sorted(ingress.meta.annotations.items()):
        found = (word for word in words if name.startswith(prefix) and (trim(word) if trimmed else word) in value)
        if (word := next(found, None)) is not None:
            reason = f"{name} annotation contains invalid word {word}"
            yield BlockedWord(name, word, reason, ingress.meta.annotation_origins.get(name))


def without_snippets(parsed: ParsedAnnotations) -> ParsedAnnotations:
    """The same annotations as allow-snippet-annotations: "false" leaves them."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go dropSnippetDirectives
    has_snippet = (
        parsed.configuration_snippet
        or parsed.server_snippet
        or parsed.stream_snippet
        or parsed.modsecurity.snippet
        or parsed.external_auth.snippet
    )
    if not has_snippet:
        return parsed
    return replace(
        parsed,
        configuration_snippet="",
        server_snippet="",
        stream_snippet="",
        modsecurity=replace(parsed.modsecurity, snippet=""),
        external_auth=replace(parsed.external_auth, snippet=""),
    )
