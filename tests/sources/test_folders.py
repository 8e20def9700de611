"""What of a repository is read as manifests, what is left out, and what is said of that."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from nginxsim.kube import load
from nginxsim.sources import HEAD, Omission, SkippedFile, reading_of
from nginxsim.sources.project import Project
from tests.support.commands import run
from tests.support.estates import estate_text, ingress, served
from tests.support.trees import tree

INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: %s}\nspec: {}\n"
BROKEN = "apiVersion: v1\nkind: Service\nmetadata: {name: x\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One whole estate among everything else that lies in a repository."""
    found = tree(
        tmp_path,
        {
            ".git/HEAD": "",
            ".github/workflows/ci.yaml": "on: push\nkind: [\n",
            ".gitignore": "/build/\n*.local.yaml\n!kept.local.yaml\n",
            "build/out.yaml": INGRESS % "built",
            "k8s/web.yaml": estate_text(*served(), ingress()),
            "k8s/mine.local.yaml": INGRESS % "mine",
            "k8s/kept.local.yaml": INGRESS % "kept",
            "k8s/broken.yaml": BROKEN,
            "k8s/web.nginxsim.yaml": "tests: []\n# kind\n",
            "node_modules/pkg/a.yaml": INGRESS % "vendored",
            "compose.yaml": "services: {web: {image: x, kind: [}}\n",
            "notes.yaml": "a: [",
            "templates/ing.yaml": "kind: Ingress\nmetadata:\n  name: {{ .Values.name }}\n",
            "package.json": "{}",
        },
    )
    (found / "k8s" / "sixteen.yaml").write_bytes("kind: A".encode("utf-16"))
    return found


def test_a_repository_gives_its_findings_and_tells_what_it_leaves_out(repository: Path) -> None:
    ran = run("check", ".", folder=repository)
    assert ran.status == 1
    assert "kubectl refuses a document: it is not valid YAML" in ran.out
    assert "--> ./k8s/broken.yaml:4:1" in ran.out
    assert sorted(ran.err.splitlines()) == [
        "note: ./build, ./k8s/mine.local.yaml are skipped: left out by .gitignore",
        "note: ./compose.yaml, ./notes.yaml, ./package.json are skipped: no Kubernetes YAML",
        "note: ./k8s/broken.yaml:4:1 is skipped: not valid YAML: while parsing a flow mapping did not find expected "
        "',' or '}'",
        "note: ./k8s/sixteen.yaml is skipped: not UTF-8 text (invalid start byte at byte 0)",
        "note: ./node_modules is skipped: somebody else's code",
        "note: ./templates/ing.yaml is skipped: a template that nobody has filled in",
    ]


def test_what_is_read_of_a_repository(repository: Path) -> None:
    with pytest.warns(SkippedFile):
        assert list(load([repository]).ingresses) == ["default/kept", "default/web"]
    # What somebody names is read, whatever .gitignore says of it; what lies around it still counts for what is below.
    assert list(load([repository / "build"]).ingresses) == ["default/built"]
    with pytest.warns(SkippedFile):
        assert list(load([repository / "k8s"]).ingresses) == ["default/kept", "default/web"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("k8s/broken.yaml", "error: k8s/broken.yaml:4:1: not valid YAML"),
        ("k8s/sixteen.yaml", "error: k8s/sixteen.yaml: not UTF-8 text"),
        ("templates/ing.yaml", "error: templates/ing.yaml:3:"),
        ("package.json", "error: no Ingress in package.json"),
    ],
)
def test_what_is_named_itself_has_to_be_readable(repository: Path, name: str, says: str) -> None:
    ran = run("check", name, folder=repository)
    assert ran.status == 2
    assert ran.err.startswith(says)


def test_one_broken_document_takes_no_other_with_it(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": f"{INGRESS % 'one'}---\n{BROKEN}---\n{INGRESS % 'two'}"})
    with pytest.warns(SkippedFile, match=r"a\.yaml:9:1 is skipped: not valid YAML"):
        cluster = load([tmp_path])
    assert list(cluster.ingresses) == ["default/one", "default/two"]


def test_patterns_of_the_command_line_and_of_the_project(tmp_path: Path) -> None:
    files = {f"{name}.yaml": INGRESS % name.replace("/", "-") for name in ("a", "old/b", "k8s/old/c", "k8s/d", "k8s/e")}
    tree(tmp_path, {**files, "nginxsim.toml": 'exclude = ["/k8s/d.yaml"]\n'})

    def listed(*arguments: str) -> list[str]:
        told = run("ingresses", *arguments, "-o", "json", folder=tmp_path)
        assert "skipped" not in told.err
        return [name for name in ("a", "old-b", "k8s-old-c", "k8s-d", "k8s-e") if f'"{name}"' in told.out]

    with_hosts = estate_text(*served(), *(ingress(name, f"{name}.example.com") for name in ("a",)))
    (tmp_path / "a.yaml").write_text(with_hosts, encoding="utf-8")
    for name in ("old/b", "k8s/old/c", "k8s/d", "k8s/e"):
        text = estate_text(ingress(name.replace("/", "-"), f"{name.replace('/', '-')}.example.com"))
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert listed(".") == ["a", "old-b", "k8s-old-c", "k8s-e"]
    assert listed(".", "--exclude", "old") == ["a", "k8s-e"]
    assert listed(".", "--exclude", "/old", "--exclude", "e.yaml") == ["a", "k8s-old-c"]
    assert listed("k8s", "--exclude", "k8s/old/") == ["k8s-e"]


def test_a_bad_exclude_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": INGRESS % "a", "nginxsim.toml": 'exclude = "old"\n'})
    ran = run("check", "a.yaml", folder=tmp_path)
    assert ran.status == 2
    assert (
        ran.err
        == f'error: {tmp_path}/nginxsim.toml: exclude must be a list of patterns, such as ["legacy/", "*.old.yaml"]\n'
    )


def test_the_nearest_ignore_file_has_the_last_word(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".gitignore": "*.gen.yaml\n",
            "a/.gitignore": "!x.gen.yaml\n",
            "a/x.gen.yaml": INGRESS % "x",
            "a/y.gen.yaml": INGRESS % "y",
            "b/.helmignore": "z.yaml\n",
            "b/z.yaml": INGRESS % "z",
        },
    )
    with warnings.catch_warnings(action="ignore"):
        cluster = load([tmp_path])
    assert list(cluster.ingresses) == ["default/x"]
    assert {Path(each.name).name: each.why for each in cluster.omitted} == {
        "y.gen.yaml": Omission.GIT,
        "z.yaml": Omission.HELM,
    }


@pytest.mark.parametrize(
    ("head", "is_read"),
    [
        ("paths:\n  a: {kind: [1, 2]}\n", False),
        ("apiVersion: v1\nentries:\n  nginx:\n  - kind: chart\n", False),
        ('{"name": "kind", "lockfileVersion": 3,', False),
        ("# a licence\napiVersion: v1\ndata:\n  a: b\n", True),
        ("apiVersion: v1\nitems:\n", True),
        ('{\n  "apiVersion": "v1",\n  "items": [', True),
    ],
    ids=["openapi", "helm index", "lock file", "config map", "list", "json list"],
)
def test_large_files_are_judged_by_their_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str, is_read: bool
) -> None:
    """What is not read cannot be too large."""
    monkeypatch.setenv("NGINXSIM_MAX_FILE_SIZE", str(HEAD + 100))
    tree(tmp_path, {"large.yaml": head + "\n#" + "x" * HEAD * 2})
    with pytest.warns(SkippedFile, match="larger than" if is_read else "no Kubernetes YAML"):
        load([tmp_path], reading=reading_of(Project()))
