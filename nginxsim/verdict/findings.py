"""Makes a Finding from a row of the catalogue and the facts of a case."""

from __future__ import annotations

from typing import Any

from nginxsim.catalogue import entry
from nginxsim.kube.objects import Meta
from nginxsim.origins import Edit, Origin
from nginxsim.verdict.types import Evidence, Finding


def at(origin: Origin | None, text: str = "", note: str = "") -> tuple[Evidence, ...]:
    """Evidence at a place, none where the place is not known."""
    return (Evidence(origin, text, note),) if origin is not None and origin.file else ()


def finding(
    code: str,
    *evidence: Evidence,
    meta: Meta | None = None,
    owner: str = "",
    host: str = "",
    path: str = "",
    edit: Edit | None = None,
    **facts: Any,
) -> Finding:
    """A finding of this code; `facts` fill the catalogue's templates. Without evidence, the owner's place is it."""
    row = entry(code)
    owner = str(meta) if meta else owner
    known = {**facts, "owner": owner, "host": host, "path": path}
    return Finding(
        row.code,
        row.found.format(**known),
        row.level,
        row.number,
        evidence or (at(meta.origin) if meta else ()),
        row.fix.format(**known),
        owner,
        host,
        path,
        edit=edit,
    )
