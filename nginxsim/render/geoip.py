"""The variables each GeoIP2 database gives.

ingress-nginx 1.15.1: rootfs/etc/nginx/template/nginx.tmpl.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nginxsim.releases import Release

_COUNTRY = (
    "$geoip2_country_code source=$remote_addr country iso_code",
    "$geoip2_country_name source=$remote_addr country names en",
    "$geoip2_country_geoname_id source=$remote_addr country geoname_id",
    "$geoip2_continent_code source=$remote_addr continent code",
    "$geoip2_continent_name source=$remote_addr continent names en",
    "$geoip2_continent_geoname_id source=$remote_addr continent geoname_id",
)
_CITY = (
    "$geoip2_city_country_code source=$remote_addr country iso_code",
    "$geoip2_city_country_name source=$remote_addr country names en",
    "$geoip2_city_country_geoname_id source=$remote_addr country geoname_id",
    "$geoip2_city source=$remote_addr city names en",
    "$geoip2_city_geoname_id source=$remote_addr city geoname_id",
    "$geoip2_postal_code source=$remote_addr postal code",
    "$geoip2_dma_code source=$remote_addr location metro_code",
    "$geoip2_latitude source=$remote_addr location latitude",
    "$geoip2_longitude source=$remote_addr location longitude",
    "$geoip2_time_zone source=$remote_addr location time_zone",
    "$geoip2_region_code source=$remote_addr subdivisions 0 iso_code",
    "$geoip2_region_name source=$remote_addr subdivisions 0 names en",
    "$geoip2_region_geoname_id source=$remote_addr subdivisions 0 geoname_id",
    "$geoip2_subregion_code source=$remote_addr subdivisions 1 iso_code",
    "$geoip2_subregion_name source=$remote_addr subdivisions 1 names en",
    "$geoip2_subregion_geoname_id source=$remote_addr subdivisions 1 geoname_id",
    "$geoip2_city_continent_code source=$remote_addr continent code",
    "$geoip2_city_continent_name source=$remote_addr continent names en",
)
_ASN = (
    "$geoip2_asn source=$remote_addr autonomous_system_number",
    "$geoip2_org source=$remote_addr autonomous_system_organization",
)
_ISP = (
    "$geoip2_isp source=$remote_addr isp",
    "$geoip2_isp_org source=$remote_addr organization",
    "$geoip2_asn source=$remote_addr default=0 autonomous_system_number",
)
_ANONYMOUS = (
    "$geoip2_is_anon source=$remote_addr is_anonymous",
    "$geoip2_is_anonymous source=$remote_addr default=0 is_anonymous",
    "$geoip2_is_anonymous_vpn source=$remote_addr default=0 is_anonymous_vpn",
    "$geoip2_is_hosting_provider source=$remote_addr default=0 is_hosting_provider",
    "$geoip2_is_public_proxy source=$remote_addr default=0 is_public_proxy",
    "$geoip2_is_tor_exit_node source=$remote_addr default=0 is_tor_exit_node",
)


@dataclass(frozen=True, slots=True)
class Database:
    """`reloads`: geoip2-autoreload-in-minutes applies to it."""

    variables: tuple[str, ...]
    reloads: bool = True

    def variables_in(self, release: Release) -> tuple[str, ...]:
        """Those that a release names."""
        left_out = [
            part
            for part, known in (
                ("geoname_id", release.geoip2_has_ids),
                ("$geoip2_subregion", release.geoip2_has_subregions),
                ("$geoip2_continent_code", release.geoip2_country_has_continent),
                ("$geoip2_city_continent", release.geoip2_city_has_continent),
            )
            if not known
        ]
        return tuple(line for line in self.variables if not any(part in line for part in left_out))


DATABASES: Mapping[str, Database] = {
    "GeoLite2-Country": Database(_COUNTRY),
    "GeoIP2-Country": Database(_COUNTRY),
    "GeoLite2-City": Database(_CITY),
    "GeoIP2-City": Database(_CITY),
    "GeoLite2-ASN": Database(_ASN),
    "GeoIP2-ASN": Database(_ASN),
    "GeoIP2-ISP": Database(_ISP),
    "GeoIP2-Connection-Type": Database(("$geoip2_connection_type connection_type",), reloads=False),
    "GeoIP2-Anonymous-IP": Database(_ANONYMOUS),
}
"""By the name that --maxmind-edition-ids uses."""
