"""GeoIP2: its variables are there once the controller fetches the databases."""

from __future__ import annotations

from nginxsim import Simulation
from tests.support.estates import config_map, estate, ingress, served


def shop(*flags: str) -> Simulation:
    return estate(*served(), ingress(), config_map({"use-geoip2": "true"}), flags=list(flags))


def test_without_a_licence_or_a_mirror_the_databases_are_missing() -> None:
    assert "geoip2" not in shop().nginx_conf()
    assert any("databases are missing" in found.message for found in shop().check())


def test_with_one_their_variables_are_written_and_that_they_arrive_is_taken_for_granted() -> None:
    for flag in ("--maxmind-license-key=key", "--maxmind-mirror=http://geoip.example.com"):
        simulation = shop(flag, "--maxmind-edition-ids=GeoLite2-Country")
        assert "$geoip2_country_code source=$remote_addr country iso_code;" in simulation.nginx_conf()
        assert "geoip/GeoLite2-Country.mmdb" in simulation.nginx_conf()
        assert "the GeoIP2 databases were downloaded" in simulation.assumptions
        assert not simulation.nginx_errors()
