"""The controllers that the input itself has: what runs them, the command line they get, and their release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from nginxsim.config.flags import CommandLine, is_known
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Container, Word, Workload
from nginxsim.kube.recognition import BINARY, REFERENCE, runs_controller
from nginxsim.origins import Origin
from nginxsim.releases import NEWEST, Release, Told, release, release_of_chart, release_of_tag
from nginxsim.releases.chart_flags import CHART_RANGE, VALUES_OF

_NAMESPACE = "$(POD_NAMESPACE)"
CHART_NAME = "ingress-nginx-"
VERSION, CHART = "app.kubernetes.io/version", "helm.sh/chart"


class Whence(NamedTuple):
    """Where something of a controller comes from: in words, and the place where there is one."""

    words: str
    origin: Origin | None = None


class Named(NamedTuple):
    """The release of a controller. is_certain: it is that very one."""

    release: Release
    is_certain: bool
    whence: Whence


@dataclass(frozen=True, slots=True)
class Deployed:
    """One controller. members: all that runs it, of which the first stands for it.

    ingress-nginx 1.15.1: rootfs/Dockerfile, charts/ingress-nginx/templates/_params.tpl
    """

    members: tuple[Workload, ...]
    container: Container

    @property
    def workload(self) -> Workload:
        return self.members[0]

    @property
    def key(self) -> str:
        return self.workload.meta.key

    def __str__(self) -> str:
        return str(self.workload.meta)

    @property
    def origin(self) -> Origin:
        return self.workload.meta.origin

    @property
    def taken(self) -> tuple[str, ...]:
        """What is taken for granted of one that was made of values, in words."""
        notes = self.workload.meta.annotations
        if VALUES_OF not in notes:
            return ()
        made = f"{self} is made of the values of {notes[VALUES_OF]} ({self.origin}), as its chart is elsewhere"
        if CHART_RANGE not in notes:
            return (made,)
        chart = self.workload.meta.labels.get(CHART, "").removeprefix(CHART_NAME)
        return (made, f'chart version "{notes[CHART_RANGE]}" is {chart}, the newest known that it may be')

    @property
    def is_made(self) -> bool:
        """Of values, so that nobody has written its command line."""
        return VALUES_OF in self.workload.meta.annotations

    @property
    def is_chosen(self) -> bool:
        """Its release is one of several that it may be."""
        return CHART_RANGE in self.workload.meta.annotations

    @property
    def replicas(self) -> int | None:
        """None: one on each node."""
        kind = self.workload.meta.kind
        return None if kind == "DaemonSet" else len(self.members) if kind == "Pod" else self.workload.replicas

    @property
    def starts_by_itself(self) -> bool:
        """No shell reads its command line first, which may do anything to it."""
        return not any(BINARY in word.text and not word.text.endswith(BINARY) for word in self.container.words)

    def named_release(self) -> Named:
        """Of its image's tag, else of its labels; else the newest known."""
        for told, whence in self._tellings():
            if told is not None:
                return Named(told.release, told.is_certain and not self.is_chosen, whence)
        words = f"{self.container.image or 'an image without a name'} is release {NEWEST}, the newest known"
        return Named(replace(release(), assumptions=(words,)), False, Whence("newest known"))

    def _tellings(self) -> Iterator[tuple[Told | None, Whence]]:
        reference = REFERENCE.fullmatch(self.container.image)
        tag = reference["tag"] if reference else ""
        yield release_of_tag(tag or ""), Whence("image", self.container.image_origin)
        for label, reader in ((VERSION, release_of_tag), (CHART, release_of_chart)):
            for labels in (self.workload.meta.labels, self.workload.pod_labels):
                yield reader(labels.get(label, "")), Whence(f"label {label}", self.origin)

    def command_line(self, known: Release, *, is_certain: bool) -> tuple[CommandLine, tuple[str, ...]]:
        """Its flags, and what of them is not used, in words. is_certain: it is no other release."""
        if not self.starts_by_itself:
            return CommandLine((), str(self)), (f"{self} starts through a shell: its flags are not read",)
        words = [_settled(word, self.workload.meta.namespace) for word in _arguments(self.container.words)]
        unknown = [word for word in words if word.unknown]
        foreign = [] if is_certain else [word for word in words if not is_known(word.text, known)]
        passed = [
            f"{', '.join(word.text for word in found)} of {self} is passed over: {why}"
            for found, why in (
                (unknown, f"the value of {_variables(unknown)} is not in the input"),
                (foreign, f"{known.name} does not know it"),
            )
            if found
        ]
        used = tuple(word for word in words if word not in unknown and word not in foreign)
        return CommandLine(used, str(self)), tuple(passed)


def _variables(words: Iterable[Word]) -> str:
    return ", ".join(dict.fromkeys(f"$({name})" for word in words for name in word.unknown))


def _arguments(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """What follows the program, or, where the image names that, everything."""
    program = next((at for at, word in enumerate(words) if word.text.endswith(BINARY)), -1)
    return words[program + 1 :]


def _settled(word: Word, namespace: str) -> Word:
    """A controller without POD_NAMESPACE does not start: whoever leaves it out of a manifest adds it elsewhere."""
    # ingress-nginx 1.15.1: internal/k8s/main.go (GetIngressPod)
    return word._replace(text=word.text.replace(_NAMESPACE, namespace))


def deployed_in(cluster: Cluster) -> list[Deployed]:
    """Each controller of the input once: a Deployment with its ReplicaSets and Pods, Pods alike by themselves."""
    groups: list[list[tuple[Workload, Container]]] = []
    for workload, container in sorted(_running(cluster), key=lambda found: found[0].owned):
        group = next((group for group in groups if _is_of(workload, container, group[0])), None)
        if group is None:
            groups.append(group := [])
        group.append((workload, container))
    return [Deployed(tuple(workload for workload, _ in group), group[0][1]) for group in groups]


def _running(cluster: Cluster) -> Iterator[tuple[Workload, Container]]:
    for workload in cluster.workloads:
        container = next((each for each in workload.containers if _runs(each)), None)
        if container is not None:
            yield workload, container


def _runs(container: Container) -> bool:
    return runs_controller(container.image, [word.text for word in container.words])


def _is_of(workload: Workload, container: Container, first: tuple[Workload, Container]) -> bool:
    owner, its = first
    if workload.meta.namespace != owner.meta.namespace:
        return False
    if workload.owned and workload.meta.name.startswith(f"{owner.meta.name}-"):
        return True
    return workload.meta.kind == owner.meta.kind == "Pod" and _texts(container) == _texts(its)


def _texts(container: Container) -> list[str]:
    return [container.image, *(word.text for word in container.words)]
