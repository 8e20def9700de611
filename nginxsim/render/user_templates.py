"""Templates of the user's folders, laid over those of the project, and what is said of the faults in them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.loaders import split_template_path
from jinja2.meta import find_referenced_templates
from jinja2.utils import missing

from nginxsim.errors import InputError, NginxsimError, did_you_mean
from nginxsim.origins import Origin
from nginxsim.render.bytecode import PackageBytecode
from nginxsim.render.environment import Block, environment, written
from nginxsim.render.marks import MarksByName
from nginxsim.render.sandbox import Sandbox

OURS = "nginxsim"
"""`{% include "nginxsim/served.conf.j2" %}` is the template that a user's own one of that name lies over."""
SUFFIX = ".conf.j2"
LARGEST = 1_000_000
"""Bytes of a template."""
VARIABLES = (
    "blocks", "cfg", "client_address", "conf", "flags", "frame", "given", "limits", "listen", "loc", "lua",
    "original_for", "original_host", "redirect", "release", "server", "zones",
)  # fmt: skip
"""What templates are given; docs/templates.md says in which."""


class UserFolder(FileSystemLoader):
    """One folder; nothing outside of it is read, wherever its links lead."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8-sig")
        self.path = path
        self.read: set[str] = set()
        """The files that were templates so far."""

    def names(self) -> list[str]:
        return _names(self.path)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, object]:  # type: ignore[override]
        path = self.path.joinpath(*split_template_path(template))
        if path.is_file():
            self._check(path)
        try:
            source, file, is_fresh = super().get_source(environment, template)
        except TemplateNotFound:  # an OSError, too
            raise
        except UnicodeDecodeError as problem:
            raise InputError(f"{path}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None
        except OSError as problem:
            raise InputError(f"{path}: cannot be read: {problem.strerror}") from None
        self.read.add(file)
        return source, file, is_fresh

    def _check(self, path: Path) -> None:
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise InputError(f"{path}: leads out of {self.path}; put a copy there instead of a link")
        if (size := path.stat().st_size) > LARGEST:
            raise InputError(f"{path}: {size} bytes are too many for a template; {LARGEST} is the most")


class Overlay:
    """Renders templates of these folders, the first uppermost, over those in `ours`; all of them in the sandbox.

    Raises InputError, with the place, for what is wrong with one of theirs.
    """

    def __init__(self, folders: Sequence[Path], ours: Sequence[Path]) -> None:
        self._theirs = list(map(UserFolder, folders))
        self._known = [name for folder in ours for name in _names(folder)]
        loader = FileSystemLoader(ours)
        self._sandbox = environment(
            Sandbox,
            loader=ChoiceLoader([*self._theirs, loader, PrefixLoader({OURS: loader})]),
            bytecode_cache=PackageBytecode(ours, "sandbox"),
            undefined=Unknown,
        )
        self._sandbox.finalize = self._weighed
        for folder in self._theirs:
            self._check_use(folder)

    def render(self, name: str, shared: Mapping[str, object], **facts: object) -> str:
        self._sandbox.begin()
        try:
            return self._sandbox.get_template(name).render(shared, **facts)
        except NginxsimError:
            raise
        except Exception as error:
            place = self._place(error)
            if place is None:
                raise
            raise InputError(self._wrong(error), place) from None

    def _weighed(self, value: object) -> object:
        return value if type(value) is Block else self._sandbox.weighed(written(value))

    def _check_use(self, folder: UserFolder) -> None:
        """Refuses a folder without effect, and a template under a name that nothing asks for."""
        names, known = folder.names(), self._known
        if not any(name in known for name in names):
            hint = did_you_mean(names[0], known) if names else ""
            raise InputError(f"{folder.path}: no template there has the name of one of nginxsim's{hint}")
        asked = {asked for name in names for asked in self._included(folder, name)}
        for name in names:
            if name not in known and not {name, None} & asked:
                file = folder.path / name
                hint = did_you_mean(name, known)
                raise InputError(f"{file}: nginxsim has no template of this name, and none there includes it{hint}")

    def _included(self, folder: UserFolder, name: str) -> Iterator[str | None]:
        """The names of templates in a template; None where it works one out."""
        source, file, _ = folder.get_source(self._sandbox, name)
        try:
            tree = self._sandbox.parse(source, name, file)
        except (TemplateSyntaxError, RecursionError) as error:
            line = error.lineno if isinstance(error, TemplateSyntaxError) else 1
            raise InputError(self._wrong(error), _origin(file, line)) from None
        return find_referenced_templates(tree)

    def _place(self, error: Exception) -> Origin | None:
        """The innermost line of theirs that was being rendered or read; None where it is not their fault."""
        read = {file for folder in self._theirs for file in folder.read}
        if isinstance(error, TemplateSyntaxError) and error.filename in read:
            return _origin(error.filename, error.lineno)
        frames = traceback.extract_tb(error.__traceback__)
        found = (_origin(frame.filename, frame.lineno or 1) for frame in reversed(frames) if frame.filename in read)
        return next(found, None)

    def _wrong(self, error: Exception) -> str:
        match error:
            case TemplateNotFound():
                return f'there is no template "{error.name}"{did_you_mean(str(error.name), self._known)}'
            case TemplateError():
                return error.message or type(error).__name__
            case RecursionError():
                return "templates or macros call each other without an end, or are nested too deeply"
        return f"{type(error).__name__}: {error}"


def _names(folder: Path) -> list[str]:
    """Of the templates right in the folder, in order."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIX)) if folder.is_dir() else []


def _origin(file: str, line: int) -> Origin:
    """The first character of the line."""
    text = Path(file).read_text(encoding="utf-8").split("\n")[line - 1 : line]
    return Origin(file, line, 1 + sum(len(each) - len(each.lstrip()) for each in text))


class Unknown(StrictUndefined):
    """A name that stands for nothing, with the nearest one that does."""

    @property
    def _undefined_message(self) -> str:
        """Jinja2 asks for it once the name is used."""
        thing, name = self._undefined_obj, str(self._undefined_name)
        if self._undefined_hint:
            return self._undefined_hint
        if thing is missing:
            return f'there is no variable "{name}"{did_you_mean(name, VARIABLES)}'
        if isinstance(thing, MarksByName):
            return f'there is no {thing.kind} "{name}"{did_you_mean(name, thing.names)}'
        known = [known for known in dir(thing) if not known.startswith("_")]
        return f'{type(thing).__name__} has no "{name}"{did_you_mean(name, known)}'
