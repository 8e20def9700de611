"""Who asks: the person behind a request, as an auth server knows him or her."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from nginxsim.errors import UsageError, nearest


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in, or, without email and user, nobody.

    user: the identity provider's own name for the person; "" where it does not matter. The tokens are those that the
    session holds.
    """

    email: str = ""
    groups: tuple[str, ...] = ()
    user: str = ""
    preferred_username: str = ""
    access_token: str = "<access token>"  # noqa: S105  # what stands for one
    id_token: str = "<id token>"  # noqa: S105  # what stands for one

    @property
    def has_session(self) -> bool:
        return bool(self.email or self.user)

    @classmethod
    def read(cls, text: str) -> Visitor:
        """ "anonymous", or "ann@example.com,group=ops,group=dev,user=u1". Raises UsageError for anything else."""
        name, *more = (part.strip() for part in text.split(","))
        if name in ("", ANONYMOUS):
            if more or not name:
                raise UsageError(f'"{text}" names nobody; write anonymous, or an address such as {EXAMPLE}')
            return NOBODY
        visitor = cls(email=name) if "@" in name else cls(user=name)
        for part in more:
            key, _, value = part.partition("=")
            if key not in PARTS or not value:
                close = nearest(key, list(PARTS))
                hint = f"; did you mean {close}=?" if close else ""
                raise UsageError(f'"{part}" is nothing of a visitor; write one such as {EXAMPLE}{hint}')
            visitor = PARTS[key](visitor, value)
        return visitor

    def __str__(self) -> str:
        if not self.has_session:
            return ANONYMOUS
        return ",".join((self.email or self.user, *(f"group={group}" for group in self.groups)))


ANONYMOUS = "anonymous"
EXAMPLE = "ann@example.com,group=ops"
NOBODY = Visitor()
PARTS: Mapping[str, Callable[[Visitor, str], Visitor]] = {
    "group": lambda visitor, value: replace(visitor, groups=(*visitor.groups, value)),
    "user": lambda visitor, value: replace(visitor, user=value),
    "preferred-username": lambda visitor, value: replace(visitor, preferred_username=value),
    "email": lambda visitor, value: replace(visitor, email=value),
}
