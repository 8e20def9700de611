"""Names of releases, as people write them."""

from __future__ import annotations

import pytest

from nginxsim.errors import UsageError
from nginxsim.releases import RELEASES, release


@pytest.mark.parametrize("name", ["1.15.1", "v1.15.1", "controller-v1.15.1"])
def test_release_names(name: str) -> None:
    assert release(name) is RELEASES["1.15.1"]


def test_unknown_release() -> None:
    with pytest.raises(UsageError, match=r'unknown release "1.15.10"; did you mean "1.15.1"'):
        release("1.15.10")
