"""A kustomization that something else has added to, as Flux and Argo CD do before they build it.

What they write into the kustomization's own file is written into one elsewhere, whose paths lead to the same files.
Source: fluxcd/pkg kustomize/kustomize_generator.go, argo-cd 3 util/kustomize/kustomize.go
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import yaml

from nginxsim.errors import InputError
from nginxsim.sources.files import File
from nginxsim.sources.ignoring import Rules, ignored, patterns
from nginxsim.sources.kustomization import FOLDERS, GENERATORS, INFLATED, NAMES, Closure, Kustomization, file_of
from nginxsim.sources.kustomize import kustomize
from nginxsim.sources.kustomize_trace import Identity, KustomizeTrace, Written
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.tools import output_of, scratch
from nginxsim.sources.trace import Library
from nginxsim.sources.trees import child, entries, items, mapping, roots, scalar, sequence, text_of, yaml_of

_APPENDED = ("components",)
_PATCHES = ("patchesStrategicMerge", "patches", "patchesJson6902")
_LISTS = (
    "resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
    "patchesStrategicMerge",
)  # fmt: skip
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_CODE = ("generators", "transformers", "validators")
_IGNORE = (".gitignore", ".sourceignore")


@dataclass(frozen=True)
class Amended:
    """folder: of the kustomization; top: nothing outside of it is taken in ("": no file outside of each kustomization's
    own folder); both absolute.

    amendment: fields of a kustomization, in whatever object they are written. generates: a folder without a
    kustomization counts as one that lists all its manifests.
    """

    folder: str
    top: str
    naming: Naming = field(repr=False)
    amendment: Written
    generates: bool = False

    @cached_property
    def closure(self) -> Closure:
        """Raises InputError."""
        own = Kustomization.read(self.folder)
        if own is None and not self.generates:
            raise InputError(f"{self.naming.name(self.folder)} has no kustomization.yaml")
        root = own.root if own else mapping({"resources": sequence(map(scalar, manifests(self.folder, self.top)))})
        file = own.file if own else str(Path(self.folder, NAMES[0]))
        return Closure.around(Kustomization(self.folder, file, yaml_of(_with(root, self.amendment.root))))

    @property
    def is_empty(self) -> bool:
        """Flux takes a folder without manifests for one that applies nothing."""
        return not self.closure.top.mentions

    def render(self, *, online: bool) -> tuple[str, KustomizeTrace | None]:
        """Without what is elsewhere, unless online. Raises InputError."""
        if self.is_empty:
            return "", None
        if self.closure.needed and not online:
            raise InputError(_offline(self.closure.needed[0]))
        self._check()
        layout = Layout(self.closure, online=online)
        try:
            text, _ = self._build(layout, {}, online=online)
        except InputError:
            if self.closure.is_whole or (online and self.closure.remote):
                raise
            layout = self._reduced(layout)
            text, _ = self._build(layout, {}, online=online)
        if self.closure.remote and not (online or text.strip()):
            raise InputError(_offline(self.closure.remote[0]))
        told = {"buildMetadata": sequence([scalar("originAnnotations")])}
        again = partial(self._build, layout, told, online=online)
        return text, KustomizeTrace(text, self.closure, Library(self.naming), again, self.amendment)

    def _reduced(self, layout: Layout) -> Layout:
        """Without patches of what is left out. Raises InputError where nothing is left."""
        try:
            text, _ = self._build(replace(layout, known=frozenset()), {}, online=False)
        except InputError:
            text = ""
        if not text:
            raise InputError(_offline(self.closure.remote[0])) from None
        return replace(layout, known=frozenset(map(Identity.of, roots(text))))

    def left_out(self, *, online: bool) -> list[Omitted]:
        """What is elsewhere. Raises InputError."""
        return [*([] if online else _elsewhere(self.closure, self.naming)), *_charts(self.closure, self.naming)]

    def _build(self, layout: Layout, more: Mapping[str, yaml.Node], *, online: bool) -> tuple[str, Path]:
        """Flux loads files from everywhere in a repository; _check() sees that kustomize does not leave it."""
        with scratch() as folder:
            layout.lay(self.closure.top, folder, more)
            words = [str(folder), "--load-restrictor", "LoadRestrictionsNone"]
            return output_of(kustomize(), words, folder, online=online), folder

    def _check(self) -> None:
        """Raises InputError for a file outside of the repository, or of where kustomize itself would look."""
        for part in self.closure.parts:
            top = os.path.realpath(self.top or part.folder)
            for name in (*part.mentions, *_in_code(part)):
                real = os.path.realpath(part.path(name))
                is_inside = real == top or real.startswith(f"{top.rstrip('/')}/")
                if not is_inside and Path(real).exists() and (self.top or not Path(real).is_dir()):
                    file, outside = self.naming.name(part.file), "the repository" if self.top else "its folder"
                    raise InputError(f"{file} takes in {name}, which is outside of {outside}")


def _offline(name: str) -> str:
    return f"it takes {name} from the network, which --online allows"


def _elsewhere(closure: Closure, naming: Naming) -> Iterator[Omitted]:
    for part in closure.parts:
        file = File(naming.name(part.file), _text(part.file))
        root = next(iter(roots(file.text)), None)
        listed = [node for names in FOLDERS for node in items(child(root, names))]
        for generator in (each for kind in GENERATORS for each in items(child(root, kind))):
            listed += (node for names in ("files", "envs") for node in items(child(generator, names)))
        for name in dict.fromkeys(part.elsewhere):
            node = next((node for node in listed if file_of(text_of(node)) == name), root)
            place = str(file.origin(node)) if node else file.name
            why = f"not rendered: {name} is elsewhere: --online has it fetched"
            yield Omitted(place, Omission.ELSEWHERE, why, namespace=text_of(child(root, "namespace")))


def _charts(closure: Closure, naming: Naming) -> Iterator[Omitted]:
    for part in closure.parts:
        file = File(naming.name(part.file), _text(part.file))
        for node in items(child(next(iter(roots(file.text)), None), INFLATED)):
            name, url, version, namespace = (
                text_of(child(node, field)) for field in ("name", "repo", "version", "namespace")
            )
            asked = f" --version '{version}'" if version else ""
            why = f"not rendered: its chart {name} is elsewhere: `helm template {name} --repo {url}{asked}` renders it"
            yield Omitted(f"{file.origin(node)} (chart {name})", Omission.ELSEWHERE, why, namespace=namespace)


@dataclass(frozen=True)
class Layout:
    """Kustomizations written to folders of their own: the outermost, and each that lacks something while offline.

    known: objects that there are, without which a patch is left out; None: whatever it is for.
    """

    closure: Closure
    online: bool
    known: frozenset[Identity] | None = None

    @cached_property
    def _parts(self) -> dict[str, Kustomization]:
        return {part.folder: part for part in self.closure.parts}

    @cached_property
    def _lacking(self) -> frozenset[str]:
        """Folders of those that take something from elsewhere, or build upon one that does."""
        found = {f for f, part in self._parts.items() if part.charts or (part.elsewhere and not self.online)}
        while more := {f for f, part in self._parts.items() if f not in found and found.intersection(part.bases)}:
            found |= more
        return frozenset(found)

    def lay(self, part: Kustomization, target: Path, more: Mapping[str, yaml.Node]) -> None:
        self._lay(part, target, more, frozenset())

    def _lay(self, part: Kustomization, target: Path, more: Mapping[str, yaml.Node], above: frozenset[str]) -> None:
        target.mkdir(exist_ok=True)
        within = above | {part.folder}
        instead: dict[str, Path] = {}
        for number, folder in enumerate(part.bases):
            if folder in self._lacking and folder not in within:
                instead[os.path.realpath(folder)] = inner = target / f"part-{number}"
                self._lay(self._parts[folder], inner, {}, within)
        fields = _fields(_moved(part, target, instead))
        if not self.online:
            fields |= {name: _less(fields[name], part.elsewhere) for name in FOLDERS if name in fields}
            less = {name: partial(_less, names=part.elsewhere) for name in ("files", "envs")}
            for name in GENERATORS:
                if name in fields:
                    fields[name] = _each(fields[name], lambda item, less=less: _changed(item, less))  # type: ignore[misc]
        fields.pop(INFLATED, None)
        if self.known is not None and part.folder in self._lacking:
            fields = dict(self._fitting(fields, target))
        (target / NAMES[0]).write_text(yaml_of(mapping({**fields, **more})), encoding="utf-8")

    def _fitting(self, fields: Mapping[str, yaml.Node], folder: Path) -> Iterator[tuple[str, yaml.Node]]:
        """Without patches of objects that there are none of."""
        for name, node in fields.items():
            if name in _PATCHES:
                yield name, sequence(each for each in items(node) if self._is_wanted(each, folder, name))
            elif self.known or name != "replacements":
                yield name, node

    def _is_wanted(self, patch: yaml.Node, folder: Path, field: str) -> bool:
        """One of `patches` with a target may be for nothing."""
        target = child(patch, "target")
        if target is None:
            wanted = [Identity.of(root) for root in roots(_patch_text(patch, folder))]
        elif field == "patches":
            return True
        else:
            wanted = [Identity(text_of(child(target, "kind")), text_of(child(target, "name")))]
        return all(map(self._is_there, wanted))

    def _is_there(self, wanted: Identity) -> bool:
        """Names may have got prefixes and suffixes."""
        return any(wanted.kind == each.kind and wanted.name in each.name for each in self.known or ())


def _patch_text(patch: yaml.Node, folder: Path) -> str:
    """Of an item of `patches`, or of a list of files and texts."""
    inline = text_of(child(patch, "patch")) or (text_of(patch) if "\n" in text_of(patch) else "")
    return inline or _text(str(folder / (text_of(child(patch, "path")) or text_of(patch))))


def _less(node: yaml.Node, names: Sequence[str]) -> yaml.Node:
    return sequence(each for each in items(node) if file_of(text_of(each)) not in names)


def amended(file: File, amendment: Written, naming: Naming, *, online: bool) -> File:
    """What was rendered before, as the only resource of a kustomization with these fields. Raises InputError."""
    with scratch() as folder:
        path = folder / "rendered.yaml"
        path.write_text(file.text, encoding="utf-8")
        own = mapping({"resources": sequence([scalar(path.name)])})
        top = Kustomization(str(folder), str(folder / NAMES[0]), yaml_of(_with(own, amendment.root)))
        Path(top.file).write_text(top.text, encoding="utf-8")
        text = output_of(kustomize(), [str(folder)], folder, online=online)
    library = Library(naming, {str(path): file})
    return replace(file, text=text, back=KustomizeTrace(text, Closure((top,)), library, _gone, amendment))


def _gone() -> tuple[str, Path]:
    raise InputError("nothing is left to be rendered once more")


def _in_code(part: Kustomization) -> Iterator[str]:
    """Whatever might be a file in the configuration of generators and transformers."""
    for file in part.listed(*_CODE):
        texts = [file] if "\n" in file else [_text(part.path(file))]
        for root in (root for text in texts for root in roots(text)):
            for text in _scalars(root):
                yield from () if "\n" in text else (text, text.rpartition("=")[2])


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).is_file() else ""
    except OSError:
        return ""


def _scalars(root: yaml.Node) -> Iterator[str]:
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.ScalarNode):
            yield str(node.value)
        else:
            todo += [value for _, value in entries(node).values()] or items(node)


def _ignoring(folder: str, top: str) -> Rules:
    """What the files of patterns say that Flux reads, from the folder up to the top."""
    around = (each for each in (Path(folder), *Path(folder).parents) if each.is_relative_to(top))
    texts = ((each, "\n".join(_text(str(each / name)) for name in _IGNORE)) for each in around)
    return tuple(patterns(text.splitlines(), each, Omission.ASKED) for each, text in texts if text.strip())


def manifests(folder: str, top: str) -> list[str]:
    """What Flux lists in a kustomization that it makes: every manifest, and folders with one of their own."""
    rules = _ignoring(folder, top)
    found: list[str] = []
    for path, folders, files in os.walk(folder):
        inside = os.path.relpath(path, folder)
        if path != folder and not set(files).isdisjoint(NAMES):
            found.append(f"./{inside}")
            folders.clear()
            continue
        within = (each for each in sorted(folders) if not each.startswith("."))
        folders[:] = [each for each in within if not ignored(str(Path(path, each)), rules, is_folder=True)]
        found += (
            f"./{os.path.normpath(Path(inside, name))}"
            for name in sorted(files)
            if name.endswith((".yaml", ".yml")) and not name.startswith(".")
            if not ignored(str(Path(path, name)), rules, is_folder=False)
        )
    return found


# --- what is added


def _fields(root: yaml.Node | None) -> dict[str, yaml.Node]:
    return {name: value for name, (_, value) in entries(root).items()}


def _with(root: yaml.Node | None, more: yaml.Node | None) -> yaml.MappingNode:
    """A kustomization with the fields of an amendment."""
    own, added = _fields(root), _fields(more)
    patches = [patch for name in _PATCHES for patch in _as_patches(name, items(added.pop(name, None)))]
    if patches:
        own["patches"] = sequence([*items(own.get("patches")), *patches])
    for name in _APPENDED:
        if name in added:
            own[name] = sequence([*items(own.get(name)), *items(added.pop(name))])
    if "images" in added:
        own["images"] = sequence(_images(items(own.get("images")), items(added.pop("images"))))
    if "commonAnnotations" in added:
        both = {**_fields(own.get("commonAnnotations")), **_fields(added.pop("commonAnnotations"))}
        own["commonAnnotations"] = mapping(both)
    if "labels" in added:
        own["labels"] = sequence([*items(own.get("labels")), *items(added.pop("labels"))])
    return mapping({**own, **added})


def _as_patches(name: str, found: Iterable[yaml.Node]) -> Iterator[yaml.Node]:
    """Each as an item of `patches`, which holds its patch as a text."""
    for item in found:
        fields = {"patch": item} if name == "patchesStrategicMerge" else _fields(item)
        if not isinstance(fields.get("patch", item), yaml.ScalarNode):
            fields["patch"] = scalar(yaml_of(fields["patch"]))
        yield mapping(fields)


def _images(own: list[yaml.Node], added: list[yaml.Node]) -> Iterator[yaml.Node]:
    """By name; what is added to one has the last word, and a tag and a digest go together."""
    by_name = {text_of(child(each, "name")): _fields(each) for each in own}
    for each in added:
        fields = by_name.setdefault(text_of(child(each, "name")), {})
        news = _fields(each)
        if "newTag" in news or "digest" in news:
            fields.pop("newTag", None)
            fields.pop("digest", None)
        fields.update(news)
    return (mapping(fields) for fields in by_name.values())


# --- the same from another folder


def _moved(part: Kustomization, folder: Path, instead: Mapping[str, Path]) -> yaml.MappingNode:
    """With paths that lead from that folder to where the kustomization's own lead, or to what stands in for that."""

    def moved(node: yaml.Node) -> yaml.Node:
        name = file_of(text_of(node))
        if not isinstance(node, yaml.ScalarNode) or "\n" in node.value or name in part.remote:
            return node
        real = os.path.realpath(part.path(name))
        target = os.path.relpath(instead.get(real, real), folder)
        return scalar(node.value.removesuffix(name) + target)

    fields = _fields(part.root)
    for name in _LISTS:
        if name in fields:
            fields[name] = _each(fields[name], moved)
    for name in _WITH_PATH:
        if name in fields:
            fields[name] = _each(fields[name], lambda item: _changed(item, {"path": moved}))
    files = {"files": lambda node: _each(node, moved), "envs": lambda node: _each(node, moved), "env": moved}
    for name in GENERATORS:
        if name in fields:
            fields[name] = _each(fields[name], lambda item: _changed(item, files))
    if "openapi" in fields:
        fields["openapi"] = _changed(fields["openapi"], {"path": moved})
    return mapping(fields)


def _each(node: yaml.Node, change: Callable[[yaml.Node], yaml.Node]) -> yaml.Node:
    return sequence(map(change, items(node))) if isinstance(node, yaml.SequenceNode) else node


def _changed(node: yaml.Node, changes: Mapping[str, Callable[[yaml.Node], yaml.Node]]) -> yaml.Node:
    if not isinstance(node, yaml.MappingNode):
        return node
    fields = _fields(node).items()
    return mapping({name: changes[name](value) if name in changes else value for name, value in fields})
