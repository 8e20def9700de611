"""`nginxsim why`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

from nginxsim.cli.asking import Answered, Asked, Curl, followed, player
from nginxsim.cli.options import EstateOptions, open_estates, standard_input, takes_estate, working
from nginxsim.cli.output import complain, say
from nginxsim.errors import UsageError
from nginxsim.reports import FORMATS
from nginxsim.url import proxy_line_of, request_for

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import AnswerFunction, Request
    from nginxsim.simulation import Simulation


def _check_order(url: str, paths: tuple[str, ...]) -> None:
    """The URL comes first, other than in most commands."""
    swapped = next((path for path in paths if "://" in path), None)
    if swapped and "://" not in url:
        others = [url, *(path for path in paths if path != swapped)]
        raise UsageError(f"the URL comes first: nginxsim why {swapped} {' '.join(others)}")


@click.command("why")
@click.argument("url")
@partial(takes_estate, instead="conf")
@click.option("--conf", metavar="FILE", help="Ask this nginx.conf and what it includes, instead of PATH...")
@click.option(
    "--include-root",
    "include_roots",
    multiple=True,
    metavar="FOLDER",
    help="With --conf: a folder besides the conf's own that it may include files from. Repeatable.",
)
@click.option(
    "--repeat", type=click.IntRange(min=1), default=1, metavar="N", help="Send so many at once: which meet a limit?"
)
@click.option("-X", "--request", "method", metavar="METHOD", help="Request method.  [default: GET, or POST with -d]")
@click.option("-H", "--header", "header_lines", multiple=True, metavar="LINE", help='"Name: value". Repeatable.')
@click.option("-u", "--user", metavar="NAME:PASSWORD", help="Credentials for basic authentication.")
@click.option("-b", "--cookie", "cookies", multiple=True, metavar="NAME=VALUE", help="A cookie. Repeatable.")
@click.option("-A", "--user-agent", "agent", metavar="NAME", help="The User-Agent header.")
@click.option("-d", "--data", metavar="TEXT", help="The request's body, or @FILE; it is a POST then.")
@click.option("-I", "--head", "wants_head", is_flag=True, help="A HEAD request.")
@click.option(
    "-L", "--location", "follows", is_flag=True, help="Follow redirects to their end, or until they go round."
)
@click.option(
    "--answer",
    "played",
    multiple=True,
    metavar="SERVICE=STATUS",
    help="What a service answers: default/auth=401, https://sso.example.com/check=403, default/web:80=timeout. "
    "Repeatable.",
)
@click.option(
    "--client", default="127.0.0.1", metavar="ADDRESS", help="The client's address as nginx, or the first hop, sees it."
)
@click.option(
    "--via",
    metavar="HOP[,HOP...]",
    help="What stands before nginx, from the client inward: cloudflare, aws-nlb:proxy-v2, proxy=10.0.0.0/8 ...",
)
@click.option(
    "--as",
    "visitor",
    default="anonymous",
    metavar="WHO",
    help="Who asks an auth server: anonymous, or ann@example.com[,group=ops]...",
    show_default=True,
)
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="PATH",
    help="A file on nginx's disk, as /var/www/index.html; no others exist then. Repeatable.",
)
@click.option("--body-bytes", default=0, metavar="N", help="Size of the request's body in bytes.")
@click.option("--http-version", type=click.Choice(["1.0", "1.1", "2"]), default="1.1", help="Protocol version.")
@click.option(
    "--proxy-protocol",
    metavar="VALUE",
    help="The PROXY line before the request: on, off, the port that it names, or the whole line.  "
    "[default: where the port reads one]",
)
@click.option("-v", "--verbose", is_flag=True, help="All headers, of the answer and of what the service is sent.")
@click.option(
    "-o", "--output", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Report format."
)
def command(
    url: str,
    estate: EstateOptions,
    conf: str | None,
    include_roots: tuple[str, ...],
    repeat: int,
    method: str | None,
    header_lines: tuple[str, ...],
    user: str | None,
    cookies: tuple[str, ...],
    agent: str | None,
    data: str | None,
    wants_head: bool,
    follows: bool,
    played: tuple[str, ...],
    client: str,
    via: str | None,
    body_bytes: int,
    http_version: str,
    proxy_protocol: str | None,
    visitor: str,
    files: tuple[str, ...],
    verbose: bool,
    output: str,
) -> None:
    """Tell how a request to URL would end under the manifests in PATH..., and why.

    Services are taken to answer 200, and so are auth servers, but for oauth2-proxy, which answers as the manifests
    configure it. With --conf, a plain nginx.conf is asked: no Kubernetes.

    \b
    Examples:
      nginxsim why http://shop.example.com/cart samples/shop
      nginxsim why https://shop.example.com/ k8s/ -H 'X-Canary: always'
      nginxsim why http://shop.example.com/ k8s/ --client 203.0.113.9 -o json
      nginxsim why http://shop.example.com/ k8s/ --repeat 20
      nginxsim why http://shop.example.com/ k8s/ -L -u ann:secret --answer default/auth=401
      nginxsim why http://wiki.example.com/ k8s/ --as ann@example.com,group=ops
      nginxsim why http://localhost:8080/ --conf nginx.conf

    \b
    Exit codes, alike in every format: 0 answered; 1 the predicted status is 5xx, the request is denied, or nothing like
    this is ever in force (nginx refuses the file, an object is never stored); 2 bad input.
    """
    from nginxsim.conf_simulation import simulate_conf
    from nginxsim.reports import render_verdicts
    from nginxsim.reports.spans import Sources
    from nginxsim.reports.verdicts import VerdictReport
    from nginxsim.verdict.admission import with_webhook

    _check_order(url, estate.named)
    curl = Curl(method, header_lines, user, cookies, agent, data, body_bytes, wants_head)
    request = request_for(
        url,
        method=curl.named_method(),
        headers=curl.headers(),
        client=client,
        body_bytes=curl.size(),
        http_version=http_version,
        direct=bool(conf),
        proxy_protocol=None if proxy_protocol is None else proxy_line_of(proxy_protocol),
        files=files or None,
        as_=visitor,
        via=estate.hops(via),
    )
    if bool(estate.paths) is bool(conf) or (conf and estate.describes_controller):
        raise click.UsageError(
            "name manifests (PATH... and what is said of their controller) or a plain nginx.conf (--conf FILE)"
        )
    if played and conf:
        raise UsageError("--answer plays Services of manifests, which a plain nginx.conf knows nothing of")
    stdin = standard_input((*estate.named, conf))
    with working("simulating"):
        if conf:
            plain = simulate_conf(conf, stdin=stdin, include_roots=include_roots)
            verdict = plain.burst(request, repeat) if repeat > 1 else plain.route(request)
            answers = [VerdictReport(url, verdict, "", Sources.of(stdin.getvalue()), shows_headers=verbose)]
        else:
            play = player(played)
            simulations = _asked(open_estates(estate, stdin=stdin), request)
            sources = Sources.of(stdin.getvalue(), simulations)
            answers = [
                VerdictReport(
                    one.url,
                    with_webhook(each, one.verdict),
                    each.routed_text(one.request),
                    sources,
                    each.whose,
                    shows_headers=verbose,
                )
                for each in simulations
                for one in _answers(each, Asked(url, request), repeat, play(each), follows=follows)
            ]
        report = render_verdicts(answers, output)
    say(report)
    sys.exit(1 if any(answer.verdict.is_finding for answer in answers) else 0)


def _answers(
    simulation: Simulation, asked: Asked, repeat: int, answer: AnswerFunction | None, *, follows: bool
) -> Iterator[Answered]:
    """The answer, and with -L those of what it leads to."""
    if repeat > 1:
        yield Answered(*asked, simulation.burst(asked.request, repeat, answer))
        return
    for one in followed(asked, lambda request: simulation.route(request, answer), simulation.knows):
        yield one
        if not follows:
            return
        if one.note:
            complain(f"note: {one.note}")


def _asked(simulations: list[Simulation], request: Request) -> list[Simulation]:
    """Of several estates and controllers those that know the host; all where none does."""
    if len(simulations) == 1:
        return simulations
    knowing = [one for one in simulations if one.knows(request.host, request.sni)]
    if knowing and len(knowing) < len(simulations):
        others = ", ".join(str(one.whose) for one in simulations if one not in knowing)
        complain(f"note: no Ingress of {others} has this host")
    return knowing or simulations
