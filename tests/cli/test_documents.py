"""Every command that a README shows is run, and must print what the README says.

In a ```console block a line "$ nginxsim ..." is a command and the lines up to the next one are its output.
NGINXSIM_UPDATE_DOCUMENTS=1 writes the present output into the documents instead, for review with `git diff`.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.places import RENDERED, ROOT, SAMPLES, plain_manifests

DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("samples/**/README.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
UPDATE = os.environ.get("NGINXSIM_UPDATE_DOCUMENTS") == "1"


def played(block: str) -> str:
    """The block as it would read today."""
    return "".join(f"$ {command}\n{output_of(command)}" for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE))


def output_of(command: str) -> str:
    program, *arguments = shlex.split(command)
    assert program == "nginxsim", f"only nginxsim is run from documents, not {program}"
    ran = run(*arguments)
    return ran.out + ran.err


RENDERED_DOCUMENTS = [SAMPLES / name / "README.md" for name in RENDERED]


@pytest.mark.parametrize("document", RENDERED_DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_render_print_what_the_document_says(
    document: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_commands_print_what_the_document_says(document, monkeypatch)


@pytest.mark.parametrize(
    "document", sorted({*DOCUMENTS} - {*RENDERED_DOCUMENTS}), ids=lambda path: str(path.relative_to(ROOT))
)
def test_commands_print_what_the_document_says(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_COLOR", "1")
    text = document.read_text(encoding="utf-8")
    if UPDATE:
        document.write_text(BLOCK.sub(lambda match: played(match[0]), text), encoding="utf-8")
        return
    for block in BLOCK.findall(text):
        assert played(block) == block


FOLDERS = sorted(
    {path.parent.relative_to(ROOT).as_posix() for path in plain_manifests()} | {f"samples/{name}" for name in RENDERED}
)


@pytest.mark.parametrize("sample", FOLDERS)
def test_every_sample_shows_a_command(sample: str) -> None:
    text = (ROOT / sample / "README.md").read_text(encoding="utf-8")
    assert sample in "".join(BLOCK.findall(text))
