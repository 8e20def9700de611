"""Repositories that hold more than one cluster: which estates there are, and that each is asked by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from nginxsim.errors import InputError
from nginxsim.kube import load, load_each
from nginxsim.sources import File, split
from tests.support.commands import run
from tests.support.estates import estate_text, ingress, served
from tests.support.trees import tree

SPLITS: Mapping[str, tuple[list[str], list[list[str]], dict[str, str]]] = {
    "nothing is apart": (["a/x", "b/y"], [], {"": "a/x b/y"}),
    "two folders": (
        ["env/dev/x", "env/prod/x", "common/y"],
        [["env/dev", "env/prod"]],
        {"env/dev": "env/dev/x common/y", "env/prod": "env/prod/x common/y"},
    ),
    "a folder and what lies in it": (
        ["k8s/x", "k8s/old/x", "y"],
        [["k8s", "k8s/old"]],
        {"k8s": "k8s/x y", "k8s/old": "k8s/old/x y"},
    ),
    "deeper than they part": (
        ["env/dev/apps/a/x", "env/dev/apps/b/z", "env/prod/apps/a/x"],
        [["env/dev/apps/a", "env/prod/apps/a"]],
        {"env/dev": "env/dev/apps/a/x env/dev/apps/b/z", "env/prod": "env/prod/apps/a/x"},
    ),
    "beside one another, by name": (
        ["a/dev/x", "a/prod/x", "b/dev/y", "b/prod/y", "b/test/y"],
        [["a/dev", "a/prod"], ["b/dev", "b/prod", "b/test"]],
        {"dev": "a/dev/x b/dev/y", "prod": "a/prod/x b/prod/y", "b/test": "b/test/y"},
    ),
    "one within the other": (
        ["dev/x", "prod/eu/x", "prod/us/x", "prod/y"],
        [["dev", "prod/eu", "prod/us"]],
        {"dev": "dev/x", "prod/eu": "prod/eu/x prod/y", "prod/us": "prod/us/x prod/y"},
    ),
}


@pytest.mark.parametrize("case", SPLITS)
def test_which_files_make_an_estate(case: str) -> None:
    names, apart, estates = SPLITS[case]
    files = [File(name, "", is_named=False) for name in names]
    found = {estate.name: " ".join(file.name for file in estate.files) for estate in split(files, apart)}
    assert found == estates


def shop(host: str, **annotations: str) -> str:
    return estate_text(ingress("shop", host, "/=shop:80".partition("=")[0], annotations=annotations))


@pytest.fixture
def clusters(tmp_path: Path) -> Path:
    return tree(
        tmp_path,
        {
            "common/web.yaml": estate_text(*served()),
            "env/dev/shop.yaml": shop("dev.example.com"),
            "env/prod/shop.yaml": shop("prod.example.com", **{"whitelist-source-range": "office"}),
        },
    )


def test_the_same_objects_twice_are_two_estates(clusters: Path) -> None:
    assert [
        (cluster.name, len(cluster.services)) for cluster in load_each([clusters / "env", clusters / "common"])
    ] == [
        (str(clusters / "env/dev").lstrip(), 1),
        (str(clusters / "env/prod"), 1),
    ]
    with pytest.raises(InputError, match=r"not one estate here but several: .*env/dev, .*env/prod; name one of them"):
        load([clusters])
    # Whoever names files takes them together.
    together = load([clusters / "env/dev/shop.yaml", clusters / "env/prod/shop.yaml"])
    assert together.ingresses["default/shop"].rules[0].host == "prod.example.com"


def test_each_estate_is_asked_by_itself(clusters: Path) -> None:
    why = run("why", "http://prod.example.com/", ".", folder=clusters)
    assert why.out.startswith("estate env/prod\n\n503 Service Unavailable   http://prod.example.com/")
    assert why.err == "note: no Ingress of env/dev has this host\n"
    assert why.status == 1
    both = json.loads(run("why", "http://other.example.com/", ".", "-o", "json", folder=clusters).out)
    assert [answer["estate"] for answer in both] == ["env/dev", "env/prod"]
    *table, _, summary = run("ingresses", ".", folder=clusters).out.splitlines()
    assert [line.split()[0] for line in table] == ["ESTATE", "env/dev", "env/prod"]
    assert summary.startswith("2 paths: ")


def test_what_is_alike_in_several_is_told_once(clusters: Path) -> None:
    (clusters / "common" / "more.yaml").write_text(
        estate_text(ingress("more", "more.example.com", annotations={"limit-rsp": "1"})), encoding="utf-8"
    )
    report = json.loads(run("check", ".", "-o", "json", folder=clusters).out)
    assert report["estates"] == ["env/dev", "env/prod"]
    found = {
        finding["owner"]: finding["estates"]
        for finding in report["findings"]
        if finding["owner"].startswith("Ingress ")
    }
    assert found == {"Ingress default/more": ["env/dev", "env/prod"], "Ingress default/shop": ["env/prod"]}
    assert "(env/dev, env/prod)" in run("check", ".", folder=clusters).out


def test_what_folders_repeat_word_for_word_is_once(tmp_path: Path) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n"
    whole = estate_text(*served(), ingress())
    tree(tmp_path, {"a/ns.yaml": namespace, "b/ns.yaml": f"---\n{namespace}", "b/web.yaml": whole})
    assert run("check", ".", folder=tmp_path).out == "no findings in 1 Ingress\n"
    tree(tmp_path, {"b/ns.yaml": namespace.replace("}", ", labels: {a: b}}")})
    assert "NX695" in run("check", ".", folder=tmp_path).out
    tree(tmp_path, {"b/ns.yaml": namespace, "b/copy.yaml": namespace})
    assert "NX695" in run("check", ".", folder=tmp_path).out


def test_one_is_chosen(clusters: Path) -> None:
    assert "dev.example.com" in run("conf", ".", "--estate", "dev", folder=clusters).out
    asked = run("conf", ".", folder=clusters)
    assert (asked.status, asked.err) == (
        2,
        "error: .: several estates (env/dev, env/prod): choose one with --estate NAME\n",
    )
    wrong = run("check", ".", "--estate", "env/pro", folder=clusters)
    assert (wrong.status, wrong.err) == (
        2,
        'error: --estate "env/pro": no such estate; did you mean "env/prod"? (env/dev, env/prod)\n',
    )
    sarif = run("why", "http://x.example.com/", ".", "-o", "sarif", folder=clusters)
    assert (sarif.status, sarif.err) == (
        2,
        "error: -o sarif is about one estate, not env/dev, env/prod: choose one with --estate NAME\n",
    )


def test_overlays_of_one_base_are_estates(tmp_path: Path, tools: Path) -> None:
    tree(
        tmp_path,
        {
            "base/kustomization.yaml": "resources: [shop.yaml]\n",
            "base/shop.yaml": estate_text(*served(), ingress()),
            **{
                f"overlays/{name}/kustomization.yaml": f"namespace: {name}\nresources: [../../base]\n"
                for name in ("a", "b")
            },
        },
    )
    clusters = {cluster.name: list(cluster.ingresses) for cluster in load_each([tmp_path])}
    assert {Path(name).name: keys for name, keys in clusters.items()} == {"a": ["a/web"], "b": ["b/web"]}
