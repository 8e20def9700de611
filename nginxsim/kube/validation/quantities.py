"""Amounts as Kubernetes writes them: 100m, 1.5, 128Mi, 2e3.

Source: kubernetes 1.34 staging/src/k8s.io/apimachinery/pkg/api/resource (quantity.go, suffix.go).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)", re.ASCII)
_SUFFIXES: Mapping[str, Fraction] = {
    **{suffix: Fraction(1, 1000**i) for i, suffix in enumerate(("", "m", "u", "n"))},
    **{suffix: Fraction(1000**i) for i, suffix in enumerate("kMGTPE", 1)},
    **{suffix: Fraction(1024**i) for i, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}
MOST_DIGITS = 1000
"""Of an exponent's worth: beyond that nobody compares."""


def parse_quantity(text: str) -> Fraction | None:
    """The amount; None for what is none. As the original has it, a sign or a suffix alone is nothing of it: 0."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or not match[0]:
        return None
    sign, whole, part, exponent, suffix = match.groups(default="")
    digits = (whole + part) or "0"
    number = Fraction(int(digits), 10 ** len(part)) * _factor(exponent, suffix)
    return -number if sign == "-" else number


def _factor(exponent: str, suffix: str) -> Fraction:
    if not exponent:
        return _SUFFIXES[suffix]
    power = max(-MOST_DIGITS, min(int(exponent), MOST_DIGITS))
    return Fraction(10) ** power
