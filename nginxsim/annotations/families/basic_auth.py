"""auth-type, auth-secret: a password file. ingress-nginx 1.15.1: internal/ingress/annotations/auth/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Denied, Fault, Refused
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import BasicAuth, Named
from nginxsim.config.scope import split_key
from nginxsim.kube.objects import Secret

_NO_COMPLAINT = "%!w(<nil>)"
"""How Go writes that there is none."""
DIRECTORY = "/etc/ingress-controller/auth"
FILE, MAP = "auth-file", "auth-map"

_TYPES = validators.matching("basic|digest", '"basic" or "digest"')
_SECRET_TYPES = validators.matching("auth-file|auth-map", '"auth-file" or "auth-map"')

SECRET = Annotation("auth-secret", validators.NAME, Risk.MEDIUM, LOCATION)
SECRET_TYPE = Annotation("auth-secret-type", _SECRET_TYPES, Risk.LOW, LOCATION)
REALM = Annotation("auth-realm", validators.WORDS, Risk.MEDIUM, LOCATION)
TYPE = Annotation("auth-type", _TYPES, Risk.LOW, LOCATION)


def parse(read: AnnotationReader) -> BasicAuth:
    kind = read.text(TYPE)
    if not _TYPES.matches(kind):
        raise Denied.because("invalid authentication type", read.evidence(TYPE))
    secret_type = read.text_unless_refused(SECRET_TYPE, FILE)
    key = _secret_key(read)
    try:
        secret = read.stores.secret(key)
    except LookupError as error:
        evidence = read.missing(SECRET, Named("Secret", key), f"a Secret {key} with the users' passwords")
        raise Denied(f"unexpected error reading secret {key}: {error}", evidence) from None
    realm, complaint = _realm(read)
    path = _path(read, secret)
    return BasicAuth(
        type=kind,
        realm=realm,
        file=path,
        secured=True,
        secret=key,
        content=_content(read, secret, secret_type, complaint),
    )


def _secret_key(read: AnnotationReader) -> str:
    expected = f"the name of a Secret in namespace {read.meta.namespace}"
    try:
        namespace, name = split_key(read.text(SECRET))
    except Fault as fault:
        evidence = read.evidence(SECRET, fault.evidence.offending, expected)
        reason = f"error reading secret name from annotation: {fault.reason}"
        raise Denied(reason, evidence, kind=fault.kind) from None
    except ValueError as error:
        reason = f"error reading secret name from annotation: {error}"
        raise Denied(reason, read.evidence(SECRET, "", expected)) from None
    namespace = namespace or read.meta.namespace
    if read.is_foreign(namespace):
        reason = "cross namespace usage of secrets is not allowed"
        raise Denied(reason, read.evidence(SECRET, namespace, expected))
    return f"{namespace}/{name}"


def _realm(read: AnnotationReader) -> tuple[str, str]:
    """The realm, and what was wrong with it (a later error message repeats that)."""
    if not read.release.bad_annotation_drops_ingress:
        return read.text_or(REALM), _NO_COMPLAINT
    try:
        return read.text(REALM), _NO_COMPLAINT
    except Refused:
        raise
    except Fault as fault:
        return "", fault.reason


def _path(read: AnnotationReader, secret: Secret) -> str:
    name = f"{read.meta.namespace}-{read.meta.uid}-{secret.meta.uid}.passwd"
    if "/" in name and read.release.checks_password_files:
        raise Denied(f"invalid password file name: {name}", read.evidence(SECRET))
    return f"{DIRECTORY}/{name}"


def _content(read: AnnotationReader, secret: Secret, secret_type: str, complaint: str) -> bytes | None:
    """The password file; None where the Secret's values are held back."""
    if secret_type == MAP and not secret.is_open:
        return None
    if secret_type == MAP:
        return b"".join(user.encode() + b":" + word + b"\n" for user, word in sorted(secret.data.items()))
    if secret_type != FILE:
        reason = f"invalid auth-secret-type in annotation, must be 'auth-file' or 'auth-map': {complaint}"
        raise Denied(reason, read.evidence(SECRET_TYPE))
    if not secret.has("auth"):
        expected = f'a key "auth" in Secret {secret.meta.key}, or auth-secret-type: auth-map'
        reason = f"the secret {secret.meta.name} does not contain a key with value auth"
        raise Denied(reason, read.evidence(SECRET, "", expected))
    return secret.data["auth"] if secret.is_open else None


FAMILY = Family("BasicDigestAuth", "basic_auth", (SECRET, SECRET_TYPE, REALM, TYPE), parse)
