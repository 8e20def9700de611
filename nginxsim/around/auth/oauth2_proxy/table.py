"""The options of oauth2-proxy, and from which version on it knows each.

oauth2-proxy 7.0.0 to 7.15.3: pkg/apis/options/*.go (flag and cfg tags, flag sets), main.go
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from nginxsim.around.auth.oauth2_proxy.versions import OLDEST, Version


class Kind(StrEnum):
    BOOL = "bool"
    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    DURATION = "duration"


class Option(NamedTuple):
    """One flag. key: its name in the configuration file, "" for the flag's with underscores; the environment has that
    in capitals behind OAUTH2_PROXY_. replaced: with --alpha-config, a file says it in another way, and the flag is
    unknown.
    """

    name: str
    kind: Kind
    since: str = ""
    key: str = ""
    replaced: bool = False
    in_file: bool = True
    default: str = ""

    @property
    def file_key(self) -> str:
        return self.key or self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        return f"OAUTH2_PROXY_{self.file_key.upper()}"

    def is_known(self, version: Version) -> bool:
        return (Version.read(self.since) or OLDEST) <= version


OPTIONS: tuple[Option, ...] = (
    Option("acr-values", Kind.TEXT, replaced=True),
    Option("allow-query-semicolons", Kind.BOOL, since="7.6.0"),
    Option("allowed-group", Kind.LIST, key="allowed_groups", replaced=True),
    Option("allowed-role", Kind.LIST, since="7.2.0", key="allowed_roles", replaced=True),
    Option("alpha-config", Kind.TEXT, in_file=False),
    Option("api-route", Kind.LIST, since="7.4.0", key="api_routes"),
    Option("approval-prompt", Kind.TEXT, replaced=True, default="force"),
    Option("auth-logging", Kind.BOOL),
    Option("auth-logging-format", Kind.TEXT),
    Option("auth-request-response-mode", Kind.TEXT, since="7.9.0", replaced=True),
    Option("authenticated-emails-file", Kind.TEXT),
    Option("azure-graph-group-field", Kind.TEXT, since="7.4.0", replaced=True),
    Option("azure-tenant", Kind.TEXT, replaced=True),
    Option("backend-logout-url", Kind.TEXT, since="7.6.0", replaced=True),
    Option("banner", Kind.TEXT),
    Option("basic-auth-password", Kind.TEXT, replaced=True),
    Option("bearer-token-login-fallback", Kind.BOOL, since="7.9.0", default="true"),
    Option("bitbucket-repository", Kind.TEXT, replaced=True),
    Option("bitbucket-team", Kind.TEXT, replaced=True),
    Option("client-id", Kind.TEXT, replaced=True),
    Option("client-secret", Kind.TEXT, replaced=True),
    Option("client-secret-file", Kind.TEXT, replaced=True),
    Option("code-challenge-method", Kind.TEXT, since="7.3.0", replaced=True),
    Option("config", Kind.TEXT, in_file=False),
    Option("config-test", Kind.BOOL, since="7.15.0", in_file=False),
    Option("convert-config-to-alpha", Kind.BOOL, in_file=False),
    Option("cookie-csrf-expire", Kind.DURATION, since="7.4.0"),
    Option("cookie-csrf-per-request", Kind.BOOL, since="7.4.0"),
    Option("cookie-csrf-per-request-limit", Kind.NUMBER, since="7.11.0"),
    Option("cookie-csrf-samesite", Kind.TEXT, since="7.15.0"),
    Option("cookie-domain", Kind.LIST, key="cookie_domains"),
    Option("cookie-expire", Kind.DURATION, default="168h0m0s"),
    Option("cookie-httponly", Kind.BOOL, default="true"),
    Option("cookie-name", Kind.TEXT, default="_oauth2_proxy"),
    Option("cookie-path", Kind.TEXT, default="/"),
    Option("cookie-refresh", Kind.DURATION),
    Option("cookie-samesite", Kind.TEXT),
    Option("cookie-secret", Kind.TEXT),
    Option("cookie-secret-file", Kind.TEXT, since="7.11.0"),
    Option("cookie-secure", Kind.BOOL, default="true"),
    Option("custom-sign-in-logo", Kind.TEXT, since="7.1.0"),
    Option("custom-templates-dir", Kind.TEXT),
    Option("disable-keep-alives", Kind.BOOL, since="7.12.0", replaced=True),
    Option("display-htpasswd-form", Kind.BOOL),
    Option("email-domain", Kind.LIST, key="email_domains"),
    Option("encode-state", Kind.BOOL, since="7.6.0"),
    Option("entra-id-allowed-tenant", Kind.LIST, since="7.8.0", key="entra_id_allowed_tenants", replaced=True),
    Option("entra-id-federated-token-auth", Kind.BOOL, since="7.8.0", replaced=True),
    Option("errors-to-info-log", Kind.BOOL),
    Option("exclude-logging-path", Kind.LIST, key="exclude_logging_paths"),
    Option("extra-jwt-issuers", Kind.LIST),
    Option("flush-interval", Kind.DURATION, replaced=True),
    Option("footer", Kind.TEXT),
    Option("force-code-challenge-method", Kind.TEXT, since="7.4.0", replaced=True),
    Option("force-https", Kind.BOOL),
    Option("force-json-errors", Kind.BOOL, since="7.2.0"),
    Option("gcp-healthchecks", Kind.BOOL),
    Option("github-org", Kind.TEXT, replaced=True),
    Option("github-repo", Kind.TEXT, replaced=True),
    Option("github-team", Kind.TEXT, replaced=True),
    Option("github-token", Kind.TEXT, replaced=True),
    Option("github-user", Kind.LIST, key="github_users", replaced=True),
    Option("gitlab-group", Kind.LIST, key="gitlab_groups", replaced=True),
    Option("gitlab-project", Kind.LIST, key="gitlab_projects", replaced=True),
    Option("google-admin-api-user-scope", Kind.TEXT, since="7.13.0", replaced=True),
    Option("google-admin-email", Kind.TEXT, replaced=True),
    Option("google-group", Kind.LIST, replaced=True),
    Option("google-service-account-json", Kind.TEXT, replaced=True),
    Option("google-target-principal", Kind.TEXT, since="7.6.0", replaced=True),
    Option("google-use-application-default-credentials", Kind.BOOL, since="7.5.0", replaced=True),
    Option("google-use-organization-id", Kind.BOOL, since="7.13.0", replaced=True),
    Option("htpasswd-file", Kind.TEXT),
    Option("htpasswd-user-group", Kind.LIST, since="7.1.0", key="htpasswd_user_groups"),
    Option("http-address", Kind.TEXT, replaced=True, default="127.0.0.1:4180"),
    Option("https-address", Kind.TEXT, replaced=True, default=":443"),
    Option("insecure-oidc-allow-unverified-email", Kind.BOOL, replaced=True),
    Option("insecure-oidc-skip-issuer-verification", Kind.BOOL, replaced=True),
    Option("insecure-oidc-skip-nonce", Kind.BOOL, since="7.1.3", replaced=True),
    Option("jwt-key", Kind.TEXT, replaced=True),
    Option("jwt-key-file", Kind.TEXT, replaced=True),
    Option("keycloak-group", Kind.LIST, key="keycloak_groups", replaced=True),
    Option("logging-compress", Kind.BOOL),
    Option("logging-filename", Kind.TEXT),
    Option("logging-local-time", Kind.BOOL),
    Option("logging-max-age", Kind.NUMBER),
    Option("logging-max-backups", Kind.NUMBER),
    Option("logging-max-size", Kind.NUMBER),
    Option("login-url", Kind.TEXT, replaced=True),
    Option("metrics-address", Kind.TEXT, since="7.1.0", replaced=True),
    Option("metrics-secure-address", Kind.TEXT, since="7.1.0", replaced=True),
    Option("metrics-tls-cert-file", Kind.TEXT, since="7.1.0", replaced=True),
    Option("metrics-tls-key-file", Kind.TEXT, since="7.1.0", replaced=True),
    Option("oidc-audience-claim", Kind.LIST, since="7.3.0", key="oidc_audience_claims", replaced=True),
    Option("oidc-email-claim", Kind.TEXT, replaced=True),
    Option("oidc-enabled-signing-alg", Kind.LIST, since="7.15.0", key="oidc_enabled_signing_algs", replaced=True),
    Option("oidc-extra-audience", Kind.LIST, since="7.3.0", key="oidc_extra_audiences", replaced=True),
    Option("oidc-groups-claim", Kind.TEXT, replaced=True),
    Option("oidc-issuer-url", Kind.TEXT, replaced=True),
    Option("oidc-jwks-url", Kind.TEXT, replaced=True),
    Option("oidc-public-key-file", Kind.LIST, since="7.8.0", key="oidc_public_key_files", replaced=True),
    Option("pass-access-token", Kind.BOOL, replaced=True),
    Option("pass-authorization-header", Kind.BOOL, replaced=True),
    Option("pass-basic-auth", Kind.BOOL, replaced=True, default="true"),
    Option("pass-host-header", Kind.BOOL, replaced=True),
    Option("pass-user-headers", Kind.BOOL, replaced=True, default="true"),
    Option("ping-path", Kind.TEXT, default="/ping"),
    Option("ping-user-agent", Kind.TEXT),
    Option("prefer-email-to-user", Kind.BOOL, replaced=True),
    Option("profile-url", Kind.TEXT, replaced=True),
    Option("prompt", Kind.TEXT, replaced=True),
    Option("provider", Kind.TEXT, replaced=True, default="google"),
    Option("provider-ca-file", Kind.LIST, key="provider_ca_files", replaced=True),
    Option("provider-display-name", Kind.TEXT, replaced=True),
    Option("proxy-prefix", Kind.TEXT, default="/oauth2"),
    Option("proxy-websockets", Kind.BOOL, replaced=True),
    Option("pubjwk-url", Kind.TEXT, replaced=True),
    Option("ready-path", Kind.TEXT, since="7.5.0", default="/ready"),
    Option("real-client-ip-header", Kind.TEXT, default="X-Real-IP"),
    Option("redeem-url", Kind.TEXT, replaced=True),
    Option("redirect-url", Kind.TEXT),
    Option("redis-ca-path", Kind.TEXT),
    Option("redis-cluster-connection-urls", Kind.LIST),
    Option("redis-connection-idle-timeout", Kind.NUMBER, since="7.4.0"),
    Option("redis-connection-url", Kind.TEXT),
    Option("redis-insecure-skip-tls-verify", Kind.BOOL),
    Option("redis-password", Kind.TEXT),
    Option("redis-sentinel-connection-urls", Kind.LIST),
    Option("redis-sentinel-master-name", Kind.TEXT),
    Option("redis-sentinel-password", Kind.TEXT),
    Option("redis-use-cluster", Kind.BOOL),
    Option("redis-use-sentinel", Kind.BOOL),
    Option("redis-username", Kind.TEXT, since="7.6.0"),
    Option("relative-redirect-url", Kind.BOOL, since="7.6.0"),
    Option("request-id-header", Kind.TEXT, since="7.1.0"),
    Option("request-logging", Kind.BOOL),
    Option("request-logging-format", Kind.TEXT),
    Option("resource", Kind.TEXT, replaced=True),
    Option("reverse-proxy", Kind.BOOL),
    Option("scope", Kind.TEXT, replaced=True),
    Option("session-cookie-minimal", Kind.BOOL),
    Option("session-store-type", Kind.TEXT, default="cookie"),
    Option("set-authorization-header", Kind.BOOL, replaced=True),
    Option("set-basic-auth", Kind.BOOL, replaced=True),
    Option("set-xauthrequest", Kind.BOOL, replaced=True),
    Option("show-debug-on-error", Kind.BOOL, since="7.2.0"),
    Option("signature-key", Kind.TEXT),
    Option("silence-ping-logging", Kind.BOOL),
    Option("skip-auth-preflight", Kind.BOOL),
    Option("skip-auth-regex", Kind.LIST),
    Option("skip-auth-route", Kind.LIST, key="skip_auth_routes"),
    Option("skip-auth-strip-headers", Kind.BOOL, replaced=True),
    Option("skip-claims-from-profile-url", Kind.BOOL, since="7.6.0", replaced=True),
    Option("skip-jwt-bearer-tokens", Kind.BOOL),
    Option("skip-oidc-discovery", Kind.BOOL, replaced=True),
    Option("skip-provider-button", Kind.BOOL),
    Option("ssl-insecure-skip-verify", Kind.BOOL),
    Option("ssl-upstream-insecure-skip-verify", Kind.BOOL, replaced=True),
    Option("standard-logging", Kind.BOOL),
    Option("standard-logging-format", Kind.TEXT),
    Option("tls-cert-file", Kind.TEXT, replaced=True),
    Option("tls-cipher-suite", Kind.LIST, since="7.4.0", key="tls_cipher_suites", replaced=True),
    Option("tls-key-file", Kind.TEXT, replaced=True),
    Option("tls-min-version", Kind.TEXT, since="7.3.0", replaced=True),
    Option("trusted-ip", Kind.LIST, key="trusted_ips"),
    Option("trusted-proxy-ip", Kind.LIST, since="7.15.2", key="trusted_proxy_ips"),
    Option("upstream", Kind.LIST, key="upstreams", replaced=True),
    Option("upstream-timeout", Kind.DURATION, since="7.3.0", replaced=True),
    Option("use-system-trust-store", Kind.BOOL, since="7.6.0", replaced=True),
    Option("user-id-claim", Kind.TEXT, replaced=True),
    Option("validate-url", Kind.TEXT, replaced=True),
    Option("version", Kind.BOOL, in_file=False),
    Option("whitelist-domain", Kind.LIST, key="whitelist_domains"),
)
BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}
BY_KEY: Mapping[str, Option] = {option.file_key: option for option in OPTIONS if option.in_file}
BY_VARIABLE: Mapping[str, Option] = {option.variable: option for option in OPTIONS if option.in_file}
