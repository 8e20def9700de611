"""A controller that was made of the values of its chart, as the chart of another release would make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nginxsim.kube import load
from nginxsim.kube.cluster import Cluster
from nginxsim.origins import Origin
from nginxsim.releases.charts import NAME, charts_of
from nginxsim.simulation import Simulation
from nginxsim.sources import File
from nginxsim.sources.controller_chart import Installed, ValuesTrace
from nginxsim.sources.trace import Text
from nginxsim.sources.trees import child, roots
from nginxsim.sources.values import tree_of
from nginxsim.upgrade.charted import charted, has_objects

_KEYED = ("ingress_classes", "services", "secrets", "config_maps")
"""What the chart makes beside the controller itself, as a Cluster calls it."""


def at_release(cluster: Cluster, release: str) -> Cluster:
    """The same estate once the chart of that release is installed; itself where nothing was made of values."""
    for file in cluster.texts:
        if isinstance(file.back, ValuesTrace) and (charts := charts_of(release)):
            text, back, _ = file.back.asked.render(charts[-1])
            cluster = _with(cluster, replace(file, text=text, back=back), file)
    return cluster


def as_told(old: Simulation) -> Simulation:
    """With the chart of the release that is said to run, whatever the values ask for."""
    if old.told.release is None or old.controller.deployed is None or not old.controller.deployed.is_made:
        return old
    return old.with_cluster(at_release(old.given, old.told.release.name))


def with_controller_of(old: Simulation, files: Sequence[File]) -> Simulation:
    """With the controller of these values, where the estate has none: of all that were asked for, else the only one."""
    asked = [file for file in (*old.given.texts, *files) if file.is_named and _tree(file)]
    found = asked or [file for file in files if _tree(file)]
    if old.controller.deployed is not None or not found or (len(found) > 1 and not asked):
        return old
    layers = tuple(tree_of(text) for text in map(_tree, found) if text)
    owner = ", ".join(file.name for file in found)
    made = Installed(owner, NAME, NAME, None, layers, partial(_begin, found[0].name))
    text, back, _ = made.render(next(reversed(charts_of(old.controller.release.name)), ""))
    stood_in = File(owner, text, is_named=False, back=back, namespace=NAME)
    return old.with_cluster(_with(old.given, stood_in))


def _begin(name: str, *_: int) -> Origin:
    return Origin(name, 1, 1)


def _tree(file: File) -> Text | None:
    """The chart's values in a file that holds nothing else."""
    if has_objects(file.text) or not charted([file]):
        return None
    root = roots(file.text)[0]
    return Text(child(root, NAME) or root, file.place)


def _with(cluster: Cluster, file: File, instead: File | None = None) -> Cluster:
    """With the objects of a file, for those of another."""
    new = load([file])
    old = load([instead]) if instead else Cluster()
    gone = {each.meta.key for each in (*old.workloads, *new.workloads)}
    workloads = (*(each for each in cluster.workloads if each.meta.key not in gone), *new.workloads)
    texts = (*(each for each in cluster.texts if each is not instead), file)
    parts: dict[str, Any] = {
        name: _laid_over(*(getattr(each, name) for each in (cluster, old, new))) for name in _KEYED
    }
    return replace(cluster, workloads=workloads, texts=texts, **parts)


def _laid_over(every: Mapping[str, Any], gone: Mapping[str, Any], come: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**{key: each for key, each in every.items() if key not in gone}, **come}
