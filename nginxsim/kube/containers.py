"""The containers of a Pod: their images, and their command lines with $(VARIABLES) filled in.

kubernetes 1.34: pkg/kubelet/container/helpers.go (ExpandContainerCommandAndArgs), pkg/kubelet/kubelet_pods.go
(makeEnvironmentVariables), third_party/forked/golang/expansion/expand.go
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from nginxsim.kube.fields import Fields
from nginxsim.kube.inside import inside_of
from nginxsim.kube.objects import Container, Meta, Word
from nginxsim.kube.recognition import runs_controller
from nginxsim.origins import Origin

Environment: TypeAlias = Mapping[str, str | None]
"""Variables; None for those of which only the cluster knows the value."""

LOOKED_INTO = "oauth2"
"""In the image or the command line of programs whose settings matter to a request (around/auth)."""
LONGEST = 1 << 16
"""Characters of a word once it is filled in: variables made of variables could double it without end."""
_OF_METADATA = re.compile(r"metadata\.(?P<of>labels|annotations)\['(?P<key>[^']*)'\]")


def read_containers(spec: Fields, pod: Meta) -> tuple[Container, ...]:
    """`pod`: what is known of the Pod itself; a template has no name."""
    return tuple(_container(each, pod, spec) for each in spec.items("containers"))


def _container(fields: Fields, pod: Meta, spec: Fields) -> Container:
    written = (*fields.placed("command"), *fields.placed("args"))
    environment = _environment(fields, pod) if any("$(" in text for text, _ in written) else {}
    others = "envFrom" in fields
    words = tuple(_word(text, origin, environment, others=others) for text, origin in written)
    image = fields.text("image")
    said = tuple(word.text for word in words)
    looked_into = any(LOOKED_INTO in each for each in (image, *said)) or runs_controller(image, said)
    inside = inside_of(fields, pod, spec) if looked_into else None
    return Container(image, fields.origin("image"), words, fields.text("name"), inside)


def _word(text: str, origin: Origin, environment: Environment, *, others: bool) -> Word:
    """others: there are further variables, which nobody knows."""
    if "$" not in text:
        return Word(text, origin)
    unknown: list[str] = []
    room = LONGEST

    def value_of(name: str) -> str:
        nonlocal room
        value = environment.get(name)
        room -= len(value or "")
        if (value is None and (others or name in environment)) or room < 0:
            unknown.append(name)
        return f"$({name})" if value is None or room < 0 else value

    return Word("".join(_filled(text, value_of)), origin, tuple(unknown))


def _filled(text: str, value_of: Callable[[str], str]) -> Iterator[str]:
    """The pieces of a text: $(NAME) by its value, $$ as $, any other $ as it is."""
    begin, last = 0, text.rfind(")")
    while (at := text.find("$", begin)) >= 0:
        yield text[begin:at]
        behind = text[at + 1 : at + 2]
        if behind == "(" and at < last:
            begin = text.index(")", at) + 1
            yield value_of(text[at + 2 : begin - 1])
        else:
            begin = at + 1 + (behind == "$")
            yield "$"
    yield text[begin:]


def _environment(container: Fields, pod: Meta) -> Environment:
    found: dict[str, str | None] = {}
    for variable in container.items("env"):
        found[variable.text("name")] = _value(variable, pod, found)
    return found


def _value(variable: Fields, pod: Meta, before: Environment) -> str | None:
    if "valueFrom" in variable:
        return _of_pod(variable.fields("valueFrom").fields("fieldRef").text("fieldPath"), pod)
    word = _word(variable.text("value"), variable.origin("value"), before, others=False)
    return None if word.unknown else word.text


def _of_pod(path: str, pod: Meta) -> str | None:
    if path in FIELDS:
        return FIELDS[path](pod) or None
    if found := _OF_METADATA.fullmatch(path):
        of = pod.labels if found["of"] == "labels" else pod.annotations
        return of.get(found["key"], "")
    return None


FIELDS: Mapping[str, Callable[[Meta], str]] = {
    "metadata.namespace": lambda pod: pod.namespace,
    "metadata.name": lambda pod: pod.name,
}
"""What of a Pod is known before it runs."""
