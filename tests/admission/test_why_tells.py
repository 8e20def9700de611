"""What the webhook refuses, `why` tells of the Ingress that answers, as `check` and `admit` do of all."""

from __future__ import annotations

import re

import pytest

from tests.support.commands import Command
from tests.support.examples import SERVICES, example

ESTATE = "---\n".join(
    (
        SERVICES,
        example(
            [
                {"name": "exact", "paths": ["/bar Exact web:80"]},
                {"name": "colon", "paths": ["/a:b Prefix web:80"]},
                {"name": "prefix", "paths": ["/bar Prefix web:80"]},
                {"name": "sound", "paths": ["/sound Prefix web:80"]},
            ]
        ).manifests(),
    )
)
TOLD = re.compile(r"taken  Ingress default/(\w+) is there already: the admission webhook lets none like it in \((.*)\)")
WORDS = {
    "prefix": 'host "shop.example.com" and path "/bar" is already defined in ingress default/exact',
    "colon": "ingress contains invalid paths: path /a:b cannot be used with pathType Prefix",
}


@pytest.mark.parametrize(("path", "refused"), [("/a:b", "colon"), ("/bar/x", "prefix"), ("/sound", ""), ("/bar", "")])
def test_of_the_ingress_that_answers(path: str, refused: str, nginxsim: Command) -> None:
    told = nginxsim("why", f"http://shop.example.com{path}", "-", stdin=ESTATE)
    assert told.status == 0
    assert TOLD.findall(told.out) == ([(refused, WORDS[refused])] if refused else [])


def test_in_the_words_of_check_and_admit(nginxsim: Command) -> None:
    checked = nginxsim("check", "-", stdin=ESTATE).out
    found = dict(re.findall(r"the admission webhook refuses Ingress default/(\w+): (.*)", checked))
    refused = dict(re.findall(r"refused  default/(\w+): (.*)", nginxsim("admit", "-", stdin=ESTATE).out))
    assert found == refused == WORDS
