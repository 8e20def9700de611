"""Which files of a folder are read, in which order, and what is said of those that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nginxsim.errors import InputError
from nginxsim.kube import load


def test_folders_are_read_in_order_and_other_yaml_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "broken.yaml").write_text("a: [")
    (tmp_path / "a.yml").write_text("image: {tag: 1}\nkind: DaemonSet\n~: odd\n---\n- 1\n---\n# empty\n")
    (tmp_path / "b" / "c.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
    )
    (tmp_path / "b" / "d.yaml").write_text("apiVersion: serving.knative.dev/v1\nkind: Service\nspec: nonsense\n")
    (tmp_path / "notes.txt").write_text("a: [")
    cluster = load([tmp_path])
    assert [Path(name).name for name in cluster.files] == ["a.yml", "c.json", "d.yaml"]
    assert list(cluster.namespaces) == ["n"]
    assert not cluster.services


def test_missing_path_is_named() -> None:
    with pytest.raises(InputError, match=r"absent\.yaml: no such file or folder"):
        load(["absent.yaml"])
