"""`nginxsim diff`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from nginxsim.cli.options import EstateOptions, facts_option, is_plugin, takes_cluster, templates_option, working
from nginxsim.cli.output import say
from nginxsim.errors import InputError, UsageError
from nginxsim.reports import DIFF_FORMATS, render_difference

if TYPE_CHECKING:
    from nginxsim.kube.live import Live
    from nginxsim.kube.manifests import Readable
    from nginxsim.sources import Reading


@click.command("diff")
@click.argument("paths", nargs=-1, required=True, metavar="OLD NEW | --git REV PATH... | --cluster PATH...")
@click.option(
    "--git",
    "revision",
    metavar="REV",
    help="Compare PATH... at this revision with the working tree; OLD..NEW and OLD...NEW compare two revisions.",
)
@click.option("--flag", "flags", multiple=True, metavar="FLAG", help="A flag of the controller, for both. Repeatable.")
@click.option("--old-flag", "old_flags", multiple=True, metavar="FLAG", help="A flag of the old side's controller.")
@click.option("--new-flag", "new_flags", multiple=True, metavar="FLAG", help="A flag of the new side's controller.")
@click.option("--release", metavar="VERSION", help="Controller version of both; default: the newest known.")
@click.option("--old-release", metavar="VERSION", help="Controller version of the old side.")
@click.option("--new-release", metavar="VERSION", help="Controller version of the new side.")
@facts_option("--fact", "facts", help="What a distributor's build of that version has otherwise, on both sides.")
@facts_option("--old-fact", "old_facts", help="The same for the old side.")
@facts_option("--new-fact", "new_facts", help="The same for the new side.")
@templates_option("--templates", help="A folder whose Jinja2 templates lie over those of both sides. Repeatable.")
@templates_option("--old-templates", help="A folder whose Jinja2 templates lie over those of the old side.")
@templates_option("--new-templates", help="A folder whose Jinja2 templates lie over those of the new side.")
@click.option("--controller", default="", metavar="NS/NAME", help="Of several controllers on a side, only this one.")
@click.option("--estate", "one", metavar="NAME", help="Of several estates on a side, such as overlays, only this one.")
@click.option("-o", "--output", type=click.Choice(list(DIFF_FORMATS)), default="text", help="Report format.")
@partial(takes_cluster, by_default=lambda given: is_plugin() and len(given["paths"]) == 1 and given["revision"] is None)
def command(
    paths: tuple[str, ...],
    revision: str | None,
    flags: tuple[str, ...],
    old_flags: tuple[str, ...],
    new_flags: tuple[str, ...],
    release: str | None,
    old_release: str | None,
    new_release: str | None,
    facts: tuple[str, ...],
    old_facts: tuple[str, ...],
    new_facts: tuple[str, ...],
    templates: tuple[str, ...],
    old_templates: tuple[str, ...],
    new_templates: tuple[str, ...],
    controller: str,
    one: str | None,
    output: str,
    live: tuple[Live, ...],
) -> None:
    """Tell which requests end otherwise under the manifests in NEW than in OLD, and why.

    With --cluster, the old side is what runs, and the new one is the same once PATH... is applied.

    Beside the behaviour, it lists what the controller decides otherwise and the directives that differ in nginx.conf.
    Services and auth servers are taken to answer 200.

    \b
    Examples:
      nginxsim diff samples/shop samples/shop-repaired
      nginxsim diff --git HEAD k8s/
      nginxsim diff --git origin/main... k8s/ -o markdown
      helm template . | nginxsim diff deployed.yaml -
      nginxsim diff --cluster k8s/
      nginxsim diff k8s/ k8s/ --new-flag=--disable-catch-all

    \b
    Exit codes: 0 no request ends otherwise; 1 some do, or nginx would refuse the new conf; 2 bad input.
    """
    with ExitStack() as until_told, working("comparing"):
        from nginxsim.diffing import compare

        if live:
            sides = _applied(live, paths, revision)
        elif revision is None:
            sides = _named(paths)
        else:
            sides = _at_revisions(revision, paths, until_told)
        before, after = (
            EstateOptions(
                side.paths,
                (*flags, *own_flags),
                own_release or release,
                (*own_templates, *templates),
                (*facts, *own_facts),
                estate=one,
                controller=controller,
                own_reading=side.reading,
            )
            for side, own_flags, own_release, own_templates, own_facts in (
                (sides[0], old_flags, old_release, old_templates, old_facts),
                (sides[1], new_flags, new_release, new_templates, new_facts),
            )
        )
        old = before.simulation()
        new = after.simulation(after=old)
        if not old.cluster.ingresses and not new.cluster.ingresses:
            raise InputError(f"no Ingress in {' or '.join(paths)}: nothing to compare")
        difference = compare(old, new)
        report = render_difference(difference, output)
    say(report)
    sys.exit(1 if difference.changes_behaviour else 0)


@dataclass(frozen=True, slots=True)
class Side:
    """What one side is read from, and how where that is not as ever."""

    paths: Sequence[Readable]
    reading: Reading | None = None


def _named(paths: tuple[str, ...]) -> list[Side]:
    if len(paths) != 2:
        raise UsageError(f"diff compares two paths, OLD and NEW, not {len(paths)}; or name a revision with --git REV")
    if paths == ("-", "-"):
        raise UsageError('only one side can be read from standard input ("-")')
    return [Side([path]) for path in paths]


def _applied(live: tuple[Live, ...], paths: tuple[str, ...], revision: str | None) -> list[Side]:
    """What runs, asked once, and what it becomes."""
    from nginxsim.kube.manifests import asked

    if revision is not None:
        raise UsageError("--git compares revisions, and --cluster what runs with PATH...: leave one of them out")
    cluster = asked(live[0])
    return [Side([cluster]), Side([cluster, *paths])]


def _at_revisions(text: str, paths: tuple[str, ...], until_told: ExitStack) -> list[Side]:
    """What is checked out stays until everything is told: places are looked up when somebody wants to know them."""
    from nginxsim.diffing.revisions import Repository, parse_revisions
    from nginxsim.sources import project_of, reading_of, scratch

    repository = Repository(paths)
    asked = parse_revisions(text)
    old = label = asked.old
    if asked.from_merge_base:
        old = repository.merge_base(asked.old, asked.new)
        label = old[:10]
    reading = reading_of(project_of(paths))

    def side(revision: str, called: str) -> Side:
        folder = until_told.enter_context(scratch())
        return Side(repository.checked_out(revision, called, folder), repository.moved(reading, folder))

    return [side(old, label), side(asked.new, asked.new) if asked.new else Side(paths)]
