"""What reads a directive's arguments, by the name that the tables of ../directives give it."""

from collections.abc import Mapping
from types import MappingProxyType

from nginxsim.nginx.configtest.readers import (
    core,
    http,
    limits,
    listens,
    logs,
    maps,
    modsecurity,
    more,
    proxying,
    rewriting,
    slots,
    tls,
    upstreams,
)
from nginxsim.nginx.configtest.scopes import ArgumentReader

TOPICS = (slots, core, http, listens, rewriting, upstreams, proxying, maps, limits, logs, tls, more, modsecurity)

READERS: Mapping[str, ArgumentReader] = MappingProxyType(
    {name: read for topic in TOPICS for name, read in topic.READERS.items()}
)
