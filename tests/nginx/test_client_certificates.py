"""Client certificates: what $ssl_client_verify says, by the simulator and (where there is one) by a real nginx."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from nginxsim.nginx.tls import verify_client
from tests.support.certificates import Party, issue, revoking, subject
from tests.support.realnginx import free_port, reply_of, running

SERVER_ONLY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def party(name: str, issuer: Party | None = None, *, ca: bool = False, **more: Any) -> Party:
    return issue(subject(name, organization="Bread, Ltd.", email="post@bread.test"), issuer=issuer, ca=ca, **more)


ROOT, STRANGER = party("root", ca=True), party("stranger", ca=True)
MIDDLE = party("middle", ROOT, ca=True)
LOWER = party("lower", MIDDLE, ca=True)
NO_CA = party("no ca", ROOT)
CLIENT, DEEP, DEEPER, FOREIGN = (party("client", by) for by in (ROOT, MIDDLE, LOWER, STRANGER))
ALONE = party("alone")


@dataclass(frozen=True)
class Case:
    about: str
    sent: Sequence[Party]
    expected: str
    trusted: Sequence[Party] = (ROOT,)
    depth: int = 1
    revoked: str = ""
    status: int = 400
    status_without_ca: int = 400
    """With optional_no_ca."""


FINE = "SUCCESS"
CASES = (
    Case("no certificate", (), "NONE", status_without_ca=204),
    Case("issued by the authority", (CLIENT,), FINE, status=204, status_without_ca=204),
    Case("expired", (party("x", ROOT, days=(-9, -5)),), "FAILED:certificate has expired"),
    Case("not yet valid", (party("x", ROOT, days=(5, 9)),), "FAILED:certificate is not yet valid"),
    Case("meant for servers", (party("x", ROOT, usage=SERVER_ONLY),), "FAILED:unsuitable certificate purpose"),
    Case("self-signed", (ALONE,), "FAILED:self-signed certificate", status_without_ca=204),
    Case("self-signed and trusted", (ALONE,), FINE, trusted=(ALONE,), status=204, status_without_ca=204),
    Case("of a stranger", (FOREIGN,), "FAILED:unable to verify the first certificate", status_without_ca=204),
    Case(
        "with a strange authority",
        (FOREIGN, STRANGER),
        "FAILED:self-signed certificate in certificate chain",
        status_without_ca=204,
    ),
    Case("intermediate not sent", (DEEP,), "FAILED:unable to verify the first certificate", status_without_ca=204),
    Case("intermediate sent", (DEEP, MIDDLE), FINE, status=204, status_without_ca=204),
    Case(
        "too deep",
        (DEEPER, LOWER, MIDDLE),
        "FAILED:unable to get local issuer certificate",
        status_without_ca=204,
    ),
    Case("deep enough", (DEEPER, LOWER, MIDDLE), FINE, depth=2, status=204, status_without_ca=204),
    Case("only the intermediate trusted", (DEEP,), "FAILED:unable to get issuer certificate", trusted=(MIDDLE,)),
    Case("issued by no authority", (party("x", NO_CA), NO_CA), "FAILED:unsuitable certificate purpose", depth=2),
    Case("nothing revoked", (CLIENT,), FINE, revoked=revoking(ROOT), status=204, status_without_ca=204),
    Case("revoked", (CLIENT,), "FAILED:certificate revoked", revoked=revoking(ROOT, CLIENT)),
    Case("list of another", (CLIENT,), "FAILED:unable to get certificate CRL", revoked=revoking(STRANGER)),
)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.about)


def chain(parties: Sequence[Party]) -> str:
    return "".join(one.pem for one in parties)


@each_case
@pytest.mark.parametrize("mode", ["on", "optional", "optional_no_ca"])
def test_simulated(case: Case, mode: str) -> None:
    verdict = verify_client(
        chain(case.sent) or None,
        mode,
        authorities=chain(case.trusted).encode(),
        revoked=case.revoked.encode(),
        depth=case.depth,
    )
    allowed = {"on": case.status, "optional": case.status, "optional_no_ca": case.status_without_ca}[mode]
    if not case.sent:
        allowed = 400 if mode == "on" else 204
    assert (verdict.verify, not verdict.refused) == (case.expected, allowed == 204)


def test_variables() -> None:
    found = verify_client(CLIENT.pem, "on", authorities=ROOT.pem.encode()).variables
    assert found["ssl_client_s_dn"] == r"emailAddress=post@bread.test,CN=client,O=Bread\, Ltd."
    assert found["ssl_client_i_dn"] == r"emailAddress=post@bread.test,CN=root,O=Bread\, Ltd."
    assert found["ssl_client_escaped_cert"].startswith("-----BEGIN%20CERTIFICATE-----%0A")


VARIABLES = ("verify", "s_dn", "i_dn", "serial", "fingerprint", "v_start", "v_end", "escaped_cert")


@pytest.fixture
def handshake(tmp_path: Path, real_nginx: Path) -> Callable[[Case], dict[str, str]]:
    """Plays a case on a real nginx: the $ssl_client_* variables, and the status as `status`."""

    def play(case: Case) -> dict[str, str]:
        (tmp_path / "ca.pem").write_text(chain(case.trusted))
        (tmp_path / "crl.pem").write_text(case.revoked)
        port = free_port()
        with running(tmp_path, _conf(case, port), port) as nginx:
            assert not nginx.refused
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            if case.sent:
                (tmp_path / "client.pem").write_text(chain(case.sent) + case.sent[0].key_pem)
                context.load_cert_chain(tmp_path / "client.pem")
            with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                reply = reply_of(connection, "GET")
        values = {f"ssl_client_{name}": reply.header(f"X-{name.replace('_', '-')}") for name in VARIABLES}
        return {name: value for name, value in values.items() if value is not None} | {"status": str(reply.status)}

    return play


def _conf(case: Case, port: int) -> str:
    headers = "".join(f"add_header X-{name.replace('_', '-')} $ssl_client_{name} always; " for name in VARIABLES)
    return f"""server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate server.pem;
        ssl_certificate_key server.pem;
        ssl_verify_client on;
        ssl_client_certificate ca.pem;
        ssl_verify_depth {case.depth};
        {"ssl_crl crl.pem;" if case.revoked else ""}
        {headers}
        location / {{ return 204; }}
    }}"""


@each_case
def test_real(case: Case, handshake: Callable[[Case], dict[str, str]]) -> None:
    verdict = verify_client(
        chain(case.sent) or None,
        "on",
        authorities=chain(case.trusted).encode(),
        revoked=case.revoked.encode(),
        depth=case.depth,
    )
    real = handshake(case)
    assert real.pop("status") == str(case.status)
    assert real == {name: verdict.variables[name] for name in real}
    assert real["ssl_client_verify"] == case.expected
