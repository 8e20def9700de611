"""Which release each version of the chart ingress-nginx installs, by the tag of its image.

ingress-nginx: charts/ingress-nginx/values.yaml at each helm-chart-* tag. appVersion differs in 4.2.4 (1.3.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from nginxsim.releases.ranges import Version, allows

NAME = "ingress-nginx"

_CHARTS: Mapping[str, str] = {
    "0.31.0": "2.0.0",
    "0.31.1": "2.0.1 2.0.2",
    "0.32.0": "2.0.3 2.1.0 2.2.0 2.3.0",
    "0.33.0": "2.4.0 2.5.0 2.6.0 2.7.0 2.7.1 2.8.0 2.9.0 2.9.1 2.10.0",
    "0.34.0": "2.11.0",
    "0.34.1": "2.11.1 2.11.2 2.11.3 2.12.0 2.12.1",
    "0.35.0": "2.13.0 2.14.0 2.15.0 2.16.0 3.0.0 3.1.0 3.2.0 3.3.0",
    "0.40.0": "3.3.1",
    "0.40.1": "3.4.0",
    "0.40.2": "3.4.1 3.5.0 3.5.1 3.6.0 3.7.0 3.7.1",
    "0.41.0": "3.8.0 3.9.0",
    "0.41.1": "3.10.0",
    "0.41.2": "3.10.1 3.11.0 3.11.1 3.12.0 3.13.0 3.15.0 3.15.1 3.15.2 3.16.0 3.16.1",
    "0.42.0": "3.17.0 3.18.0",
    "0.43.0": "3.19.0 3.20.0 3.20.1 3.21.0 3.22.0",
    "0.44.0": "3.23.0 3.24.0 3.25.0 3.26.0",
    "0.45.0": "3.27.0 3.28.0 3.29.0",
    "0.46.0": "3.30.0 3.31.0 3.32.0",
    "0.47.0": "3.33.0 3.34.0",
    "0.48.1": "3.35.0",
    "0.49.0": "3.36.0",
    "0.49.1": "3.37.0",
    "0.49.2": "3.38.0",
    "0.49.3": "3.39.0",
    "0.50.0": "3.40.0",
    "0.51.0": "3.41.0",
    "1.0.0-beta.1": "4.0.0",
    "1.0.0": "4.0.1",
    "1.0.1": "4.0.2",
    "1.0.2": "4.0.3",
    "1.0.3": "4.0.4 4.0.5",
    "1.0.4": "4.0.6",
    "1.0.5": "4.0.7 4.0.8 4.0.9",
    "1.1.0": "4.0.10 4.0.11 4.0.12 4.0.13",
    "1.1.1": "4.0.15 4.0.16 4.0.17",
    "1.1.2": "4.0.18",
    "1.1.3": "4.0.19",
    "1.2.0": "4.1.0 4.1.1 4.1.2",
    "1.2.1": "4.1.3 4.1.4",
    "1.3.0": "4.2.0 4.2.1 4.2.2 4.2.3 4.2.4",
    "1.3.1": "4.2.5",
    "1.4.0": "4.3.0",
    "1.5.1": "4.4.0 4.4.2",
    "1.6.3": "4.5.0",
    "1.6.4": "4.5.2",
    "1.7.0": "4.6.0",
    "1.7.1": "4.6.1",
    "1.8.0": "4.7.0",
    "1.8.1": "4.7.1",
    "1.8.2": "4.7.2",
    "1.8.4": "4.7.3",
    "1.8.5": "4.7.5",
    "1.9.0": "4.8.0",
    "1.9.1": "4.8.1",
    "1.9.3": "4.8.2",
    "1.9.4": "4.8.3",
    "1.9.5": "4.9.0",
    "1.9.6": "4.9.1",
    "1.10.0": "4.10.0",
    "1.10.1": "4.10.1",
    "1.10.2": "4.10.2",
    "1.10.3": "4.10.3",
    "1.10.4": "4.10.4",
    "1.10.5": "4.10.5",
    "1.10.6": "4.10.6",
    "1.11.0": "4.11.0",
    "1.11.1": "4.11.1",
    "1.11.2": "4.11.2",
    "1.11.3": "4.11.3",
    "1.11.4": "4.11.4",
    "1.11.5": "4.11.5",
    "1.11.6": "4.11.6",
    "1.11.7": "4.11.7",
    "1.11.8": "4.11.8",
    "1.12.0": "4.12.0",
    "1.12.1": "4.12.1",
    "1.12.2": "4.12.2",
    "1.12.3": "4.12.3",
    "1.12.4": "4.12.4",
    "1.12.5": "4.12.5",
    "1.12.6": "4.12.6",
    "1.12.7": "4.12.7",
    "1.12.8": "4.12.8",
    "1.13.0": "4.13.0",
    "1.13.1": "4.13.1",
    "1.13.2": "4.13.2",
    "1.13.3": "4.13.3",
    "1.13.4": "4.13.4",
    "1.13.5": "4.13.5",
    "1.13.6": "4.13.6",
    "1.13.7": "4.13.7",
    "1.13.8": "4.13.8",
    "1.13.9": "4.13.9",
    "1.14.0": "4.14.0",
    "1.14.1": "4.14.1",
    "1.14.2": "4.14.2",
    "1.14.3": "4.14.3",
    "1.14.4": "4.14.4",
    "1.14.5": "4.14.5",
    "1.15.0": "4.15.0",
    "1.15.1": "4.15.1",
}
"""Release -> the charts of it."""

CHARTS: Mapping[str, str] = {chart: release for release, charts in _CHARTS.items() for chart in charts.split()}
"""Chart version -> release."""


def charts_of(release: str) -> tuple[str, ...]:
    """The charts that install a release."""
    return tuple(_CHARTS.get(release, "").split())


class Chosen(NamedTuple):
    """A version of the chart. is_certain: no other can be meant."""

    version: str
    is_certain: bool

    @property
    def release(self) -> str:
        return CHARTS[self.version]


def chart_for(wanted: str) -> Chosen:
    """The newest known version that a version or a range of versions allows; the newest of all where none is."""
    if wanted.removeprefix("v") in CHARTS:
        return Chosen(wanted.removeprefix("v"), True)
    try:
        found = max((each for each in CHARTS if allows(wanted, _number(each))), key=_number, default="")
    except ValueError:
        found = ""
    return Chosen(found or max(CHARTS, key=_number), False)


@cache
def _number(version: str) -> Version:
    first, second, third = map(int, version.split("."))
    return first, second, third
