"""enable-influxdb and companions, which 1.7.1 took out; the webhook still warns of them.

ingress-nginx 1.3.1: internal/ingress/annotations/influxdb/main.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import InfluxDB

GONE = "..1.7.0"
WARNED = "1.8.0.."


def _row(name: str) -> Annotation:
    """Validators and risks are younger than the end of these."""
    return Annotation(name, validators.ANYTHING, Risk.LOW, LOCATION, releases=GONE, deprecated=WARNED)


ENABLE = _row("enable-influxdb")
MEASUREMENT = _row("influxdb-measurement")
PORT = _row("influxdb-port")
HOST = _row("influxdb-host")
SERVER_NAME = _row("influxdb-server-name")

# Read by nobody: its releases only log that it has no effect any more.
SECURE_VERIFY_CA = _row("secure-verify-ca-secret")


def parse(read: AnnotationReader) -> InfluxDB:
    return InfluxDB(
        enabled=read.flag_or(ENABLE),
        measurement=read.text_or(MEASUREMENT, "default"),
        port=read.text_or(PORT, "8089"),
        host=read.text_or(HOST, "127.0.0.1"),
        server_name=read.text_or(SERVER_NAME, "nginx-ingress"),
    )


FAMILY = Family("InfluxDB", "influxdb", (ENABLE, MEASUREMENT, PORT, HOST, SERVER_NAME), parse)
