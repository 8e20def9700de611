"""Which EndpointSlices count for a Service, and which of their endpoints."""

from __future__ import annotations

import pytest

from nginxsim import Request
from tests.support.estates import endpoints, estate, ingress, service

GENERATED = "-x7k2p"


@pytest.mark.parametrize(
    ("service_letters", "slice_letters", "status"),
    [(57, 57, 200), (57, 56, 503), (58, 57, 200), (58, 56, 503), (63, 58, 200), (63, 57, 200), (63, 56, 503)],
)
def test_names_of_slices_are_cut_where_kubernetes_cuts_generated_names(
    service_letters: int, slice_letters: int, status: int
) -> None:
    name = "s" * service_letters
    slice_ = endpoints(name)
    slice_["metadata"]["name"] = "s" * slice_letters + GENERATED
    shop = ingress(paths={"/": f"{name}:80"})
    assert estate(service(name), slice_, shop).route(Request(host="web.example.com")).status == status
