"""Objects of operators that make Secrets of their own: what the Secret is called, and what is known of it.

The fields are those of each operator's own API: bitnami-labs/sealed-secrets, external-secrets/external-secrets,
cert-manager/cert-manager, kubernetes-sigs/secrets-store-csi-driver, hashicorp/vault-secrets-operator,
1Password/onepassword-operator, Infisical/infisical, isindir/sops-secrets-operator, and
SparebankenVest/azure-key-vault-to-kubernetes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import Hidden, Meta, Secret

TLS = "kubernetes.io/tls"
TLS_KEYS = ("tls.crt", "tls.key")


@dataclass(frozen=True, slots=True)
class Maker:
    """An object that another program makes Secrets of."""

    meta: Meta
    secrets: tuple[Secret, ...]


Reader: TypeAlias = Callable[[Fields, Meta], Maker]


def _maker(names: Callable[[Fields, Meta], Iterator[tuple[str, Sequence[str] | None, Sequence[str]]]]) -> Reader:
    """From what yields name, keys (None: not known) and DNS names of each Secret."""

    def read(document: Fields, meta: Meta) -> Maker:
        return Maker(meta, tuple(_secret(meta, *found) for found in names(document.fields("spec"), meta)))

    return read


def _secret(maker: Meta, name: str, keys: Sequence[str] | None, hosts: Sequence[str]) -> Secret:
    meta = Meta("Secret", name, maker.namespace, maker.created, uid=maker.uid, origin=maker.origin)
    hidden = Hidden.VALUES if keys is not None else Hidden.ALL
    return Secret(meta, TLS if hosts else "Opaque", dict.fromkeys(keys or (), b""), hidden, tuple(hosts), str(maker))


_Found: TypeAlias = Iterator[tuple[str, Sequence[str] | None, Sequence[str]]]


def _sealed(spec: Fields, meta: Meta) -> _Found:
    name = spec.fields("template").fields("metadata").text("name") or meta.name
    yield name, tuple(spec.fields("encryptedData").texts()), ()


def _external(spec: Fields, meta: Meta) -> _Found:
    target = spec.fields("target")
    listed = [item.text("secretKey") for item in spec.items("data")]
    keys = listed if listed and "dataFrom" not in spec and "template" not in target else None
    yield target.text("name") or meta.name, keys, ()


def _certificate(spec: Fields, meta: Meta) -> _Found:
    name = spec.text("secretName")
    hosts = [*spec.words("dnsNames"), *filter(None, (spec.text("commonName"),))]
    if name:
        yield name, (*TLS_KEYS, "ca.crt"), hosts
    del meta


def _provider_class(spec: Fields, meta: Meta) -> _Found:
    del meta
    for item in spec.items("secretObjects"):
        yield item.text("secretName"), [each.text("key") for each in item.items("data")], ()


def _vault(spec: Fields, meta: Meta) -> _Found:
    yield spec.fields("destination").text("name") or meta.name, None, ()


def _same_name(spec: Fields, meta: Meta) -> _Found:
    del spec
    yield meta.name, None, ()


def _infisical(spec: Fields, meta: Meta) -> _Found:
    yield spec.fields("managedSecretReference").text("secretName") or meta.name, None, ()


def _templates(spec: Fields, meta: Meta) -> _Found:
    del meta
    for item in spec.items("secretTemplates"):
        yield item.text("name"), None, ()


def _azure(spec: Fields, meta: Meta) -> _Found:
    yield spec.fields("output").fields("secret").text("name") or meta.name, None, ()


def _any_version(group: str, reader: Reader, *versions: str) -> Mapping[str, Reader]:
    return {f"{group}/{version}": reader for version in versions}


MAKERS: Mapping[str, Mapping[str, Reader]] = {
    "SealedSecret": _any_version("bitnami.com", _maker(_sealed), "v1alpha1"),
    "ExternalSecret": {
        **_any_version("external-secrets.io", _maker(_external), "v1", "v1beta1", "v1alpha1"),
        **_any_version("kubernetes-client.io", _maker(_same_name), "v1"),
    },
    "Certificate": {
        **_any_version("cert-manager.io", _maker(_certificate), "v1", "v1beta1", "v1alpha2"),
        **_any_version("certmanager.k8s.io", _maker(_certificate), "v1alpha1"),
    },
    "SecretProviderClass": _any_version("secrets-store.csi.x-k8s.io", _maker(_provider_class), "v1", "v1alpha1"),
    "VaultStaticSecret": _any_version("secrets.hashicorp.com", _maker(_vault), "v1beta1"),
    "VaultDynamicSecret": _any_version("secrets.hashicorp.com", _maker(_vault), "v1beta1"),
    "VaultPKISecret": _any_version("secrets.hashicorp.com", _maker(_vault), "v1beta1"),
    "OnePasswordItem": _any_version("onepassword.com", _maker(_same_name), "v1"),
    "InfisicalSecret": _any_version("secrets.infisical.com", _maker(_infisical), "v1alpha1"),
    "SopsSecret": _any_version("isindir.github.com", _maker(_templates), "v1alpha3"),
    "AzureKeyVaultSecret": _any_version("spv.no", _maker(_azure), "v2beta1", "v1"),
}
"""By kind and API version, how the object's Secrets are read."""


def made_by(makers: Iterable[Maker]) -> dict[str, Secret]:
    """The Secrets by "namespace/name"."""
    return {secret.meta.key: secret for maker in makers for secret in maker.secrets if secret.meta.name}
