"""The controller's Lua in nginx.conf: which hooks there are, and whether a release names a file or writes the Lua out.

ingress-nginx: rootfs/etc/nginx/template/nginx.tmpl, rootfs/etc/nginx/lua/ at the tag of each release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nginxsim.releases.spans import span

_FOLDER = "/etc/nginx/lua"


@dataclass(frozen=True, slots=True)
class Script:
    """What the conf has at one hook.

    directive: without the ending `_file` or `_block`. file: "" where a release writes the Lua out. block: a regular
    expression that finds something in the Lua of this hook alone, among those of its directive. in_file: the releases
    that name the file.
    """

    hook: str
    directive: str
    file: str
    block: str
    in_file: str = "1.12.0.."

    def at(self, release: str) -> Script:
        """As a release has it."""
        return self if release in span(self.in_file) else replace(self, file="")


SCRIPTS: Mapping[str, Script] = {
    script.hook: script
    for script in (
        Script("init", "init_by_lua", f"{_FOLDER}/ngx_conf_init.lua", r'require, "lua_ingress"'),
        Script("init-worker", "init_worker_by_lua", f"{_FOLDER}/ngx_conf_init_worker.lua", r"\bmonitor\.init_worker\("),
        Script("balancer", "balancer_by_lua", f"{_FOLDER}/nginx/ngx_conf_balancer.lua", r"(?<!_)balancer\.balance\("),
        Script(
            "certificate",
            "ssl_certificate_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_certificate.lua",
            r"\bcertificate\.call\(",
        ),
        Script("www-redirect", "set_by_lua", f"{_FOLDER}/nginx/ngx_srv_redirect.lua", r"\bstring\.format\("),
        Script("rewrite", "rewrite_by_lua", f"{_FOLDER}/nginx/ngx_rewrite.lua", r"\blua_ingress\.rewrite\("),
        Script(
            "auth-cache-key", "rewrite_by_lua", f"{_FOLDER}/nginx/ngx_conf_rewrite_auth.lua", r"\bngx\.var\.cache_key\b"
        ),
        Script(
            "external-auth",
            "access_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_external_auth.lua",
            r"\bngx\.location\.capture\(",
            in_file="1.13.0..",
        ),
        Script(
            "header-filter",
            "header_filter_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_srv_hdr_filter.lua",
            r"\blua_ingress\.header\(",
        ),
        Script("body-filter", "body_filter_by_lua", "", r"\bplugins\.run\(|\A\s*\Z", in_file=""),
        Script("log", "log_by_lua", f"{_FOLDER}/nginx/ngx_conf_log_block.lua", r"\bbalancer\.log\("),
        Script("error-log", "log_by_lua", f"{_FOLDER}/nginx/ngx_conf_log.lua", r"^\s*(monitor\.call\(\)\s*)?$"),
        Script(
            "readiness",
            "content_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_is_dynamic_lb_initialized.lua",
            r"\bget_backends_data\(",
        ),
        Script(
            "configuration",
            "content_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_configuration.lua",
            r"(?<!_)configuration\.call\(",
        ),
        Script("not-found", "content_by_lua", "", r"\bngx\.exit\(ngx\.HTTP_NOT_FOUND\)", in_file=""),
        Script("stream-init", "init_by_lua", f"{_FOLDER}/ngx_conf_init_stream.lua", r'require, "tcp_udp_balancer"'),
        Script(
            "stream-init-worker",
            "init_worker_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_init_tcp_udp.lua",
            r"\btcp_udp_balancer\.init_worker\(",
        ),
        Script(
            "stream-balancer",
            "balancer_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_balancer_tcp_udp.lua",
            r"\btcp_udp_balancer\.balance\(",
        ),
        Script(
            "stream-configuration",
            "content_by_lua",
            f"{_FOLDER}/nginx/ngx_conf_content_tcp_udp.lua",
            r"\btcp_udp_configuration\.call\(",
        ),
    )
}
"""By hook."""


def scripts_of(release: str) -> Mapping[str, Script]:
    """Every hook as a published release has it."""
    return {hook: script.at(release) for hook, script in SCRIPTS.items()}
