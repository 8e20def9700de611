"""All that nginx can do to a request, by phase: the kinds of nginxsim.nginx.steps.Event.

Fields named `error` quote what nginx writes into its log, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from nginxsim.nginx.steps import Event, Phase

if TYPE_CHECKING:
    from nginxsim.nginx.exchange import Failure
    from nginxsim.nginx.locations import LocationMatch
    from nginxsim.nginx.names import NameMatch
    from nginxsim.nginx.seclang import Engine


# --- in several phases ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchGaveUp(Event):
    """A regular expression took too long."""

    phase: Phase = field()
    error: str


@dataclass(frozen=True, slots=True)
class ScriptFailed(Event):
    """A Lua file ended in an error. name: of the file, or of the upstream that it balances.

    variable: the one that could not be set, where that was it.
    """

    phase: Phase = field()
    name: str
    error: str
    variable: str


@dataclass(frozen=True, slots=True)
class ScriptExited(Event):
    """A Lua file ended the request with a status and said nothing about it."""

    phase: Phase = field()
    name: str
    status: int


# --- listen -----------------------------------------------------------------------------------------------------------


class Refusal(StrEnum):
    """What is wrong with a request that no phase gets to see."""

    LINE_TOO_LONG = "line-too-long"
    METHOD_INVALID = "method-invalid"
    METHOD_FORBIDDEN = "method-forbidden"
    TARGET_INVALID = "target-invalid"
    PERCENT_CODE = "percent-code"
    ABOVE_ROOT = "above-root"
    HEADERS_TOO_LARGE = "headers-too-large"
    HEADER_LINE = "header-line"
    HEADER_TWICE = "header-twice"
    HOST_INVALID = "host-invalid"
    HOST_MISSING = "host-missing"
    OTHER_HOST = "other-host"
    LENGTH_INVALID = "length-invalid"
    CODING_TOO_NEW = "coding-too-new"
    CODING_UNKNOWN = "coding-unknown"
    LENGTH_AND_CODING = "length-and-coding"
    PLAIN_ON_TLS = "plain-on-tls"
    HTTP2_OFF = "http2-off"
    PROXY_LINE = "proxy-line"


@dataclass(frozen=True, slots=True)
class PortClosed(Event):
    phase = Phase.LISTEN
    port: int


@dataclass(frozen=True, slots=True)
class ProxyLineRead(Event):
    """The PROXY protocol's line: the client and the port it came to; "" and 0 where it names nobody."""

    phase = Phase.LISTEN
    client: str
    port: int


@dataclass(frozen=True, slots=True)
class ProxyLineMissing(Event):
    """The connection does not begin with the line that the port reads, and is closed."""

    phase = Phase.LISTEN
    port: int


@dataclass(frozen=True, slots=True)
class ProxyLineAtTls(Event):
    """A PROXY line where TLS is awaited: nginx answers 400 in plain text, which no TLS client takes for an answer."""

    phase = Phase.LISTEN
    port: int


@dataclass(frozen=True, slots=True)
class RequestRefused(Event):
    """detail: the bytes that a request line may have, the header or the method; "" for the other reasons."""

    phase = Phase.LISTEN
    reason: Refusal
    detail: str


@dataclass(frozen=True, slots=True)
class HeaderIgnored(Event):
    phase = Phase.LISTEN
    name: str


# --- tls --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoTlsHere(Event):
    phase = Phase.TLS
    port: int


@dataclass(frozen=True, slots=True)
class HandshakeRefused(Event):
    phase = Phase.TLS
    match: NameMatch
    sni: str

    @property
    def directive(self) -> str:
        return "ssl_reject_handshake on"


@dataclass(frozen=True, slots=True)
class Handshake(Event):
    """by_lua: whether a script chooses the certificate, rather than the conf."""

    phase = Phase.TLS
    server: str
    match: NameMatch
    sni: str
    by_lua: bool


@dataclass(frozen=True, slots=True)
class ClientRefused(Event):
    """By its certificate. verify: $ssl_client_verify; "" where the client sent none."""

    phase = Phase.TLS
    mode: str
    verify: str

    @property
    def directive(self) -> str:
        return f"ssl_verify_client {self.mode}"


# --- server -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServerChosen(Event):
    """server: its first name; host: what the request names, "" for none."""

    phase = Phase.SERVER
    server: str
    match: NameMatch
    host: str


# --- location ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocationChosen(Event):
    """directive: "location = /x"; kind and name: what follows that word; uri: what was looked for."""

    phase = Phase.LOCATION
    directive: str = field()
    kind: str
    name: str
    match: LocationMatch
    uri: str


@dataclass(frozen=True, slots=True)
class NoLocation(Event):
    phase = Phase.LOCATION
    uri: str


@dataclass(frozen=True, slots=True)
class NamedLocation(Event):
    phase = Phase.LOCATION
    name: str

    @property
    def directive(self) -> str:
        return f"location {self.name}"


@dataclass(frozen=True, slots=True)
class InternalOnly(Event):
    phase = Phase.LOCATION

    @property
    def directive(self) -> str:
        return "internal"


@dataclass(frozen=True, slots=True)
class SlashAdded(Event):
    """The name of a location is the path with a slash behind it: a redirect says so."""

    phase = Phase.LOCATION
    name: str

    @property
    def directive(self) -> str:
        return f"location {self.name}"


@dataclass(frozen=True, slots=True)
class FileServed(Event):
    phase = Phase.LOCATION
    path: str


@dataclass(frozen=True, slots=True)
class FileMissing(Event):
    phase = Phase.LOCATION
    path: str


@dataclass(frozen=True, slots=True)
class FileMethodRefused(Event):
    phase = Phase.LOCATION
    method: str


@dataclass(frozen=True, slots=True)
class HandlerAnswered(Event):
    """A content handler of nginx's or of a module nobody knows: stub_status, empty_gif..."""

    phase = Phase.LOCATION
    directive: str = field()


@dataclass(frozen=True, slots=True)
class ScriptAnswered(Event):
    """name: of the Lua file; "" for a block."""

    phase = Phase.LOCATION
    name: str


# --- rewrite ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CycleEnded(Event):
    """Rewrites and internal redirections that went round too often."""

    phase = Phase.REWRITE
    uri: str


@dataclass(frozen=True, slots=True)
class SetterFailed(Event):
    phase = Phase.REWRITE
    directive: str = field()
    error: str


@dataclass(frozen=True, slots=True)
class Broke(Event):
    phase = Phase.REWRITE

    @property
    def directive(self) -> str:
        return "break"


@dataclass(frozen=True, slots=True)
class ConditionHeld(Event):
    phase = Phase.REWRITE
    directive: str = field()


@dataclass(frozen=True, slots=True)
class Returned(Event):
    phase = Phase.REWRITE
    directive: str = field()


@dataclass(frozen=True, slots=True)
class Redirected(Event):
    phase = Phase.REWRITE
    directive: str = field()
    uri: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Rewrote(Event):
    phase = Phase.REWRITE
    directive: str = field()
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RewroteToNothing(Event):
    phase = Phase.REWRITE
    directive: str = field()


@dataclass(frozen=True, slots=True)
class FileTried(Event):
    """None of the files of try_files exists: its last argument counts."""

    phase = Phase.REWRITE
    target: str

    @property
    def directive(self) -> str:
        return f"try_files {self.target}"


# --- access -----------------------------------------------------------------------------------------------------------


class Credentials(StrEnum):
    """What is wrong with a user and password; MISMATCH: the user has another password."""

    NONE = "none"
    NO_USER = "no-user"
    MISMATCH = "mismatch"
    NO_DIGEST = "no-digest"
    UNKNOWN_NONCE = "unknown-nonce"


@dataclass(frozen=True, slots=True)
class AddressRuled(Event):
    """client: who it is taken for; peer: who connected."""

    phase = Phase.ACCESS
    directive: str = field()
    client: str
    peer: str


@dataclass(frozen=True, slots=True)
class OneIsEnough(Event):
    phase = Phase.ACCESS

    @property
    def directive(self) -> str:
        return "satisfy any"


@dataclass(frozen=True, slots=True)
class PasswordFileMissing(Event):
    phase = Phase.ACCESS
    path: str

    @property
    def directive(self) -> str:
        return f"auth_basic_user_file {self.path}"


@dataclass(frozen=True, slots=True)
class PasswordRefused(Event):
    phase = Phase.ACCESS
    directive: Literal["auth_basic", "auth_digest"] = field()
    reason: Credentials
    user: str


@dataclass(frozen=True, slots=True)
class PasswordTaken(Event):
    phase = Phase.ACCESS
    user: str

    @property
    def directive(self) -> str:
        return "auth_basic"


@dataclass(frozen=True, slots=True)
class ClientNamed(Event):
    """A trusted proxy says who the client is."""

    phase = Phase.ACCESS
    client: str
    peer: str
    header: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Screened(Event):
    """ModSecurity looks at the request. engine: what SecRuleEngine says."""

    phase = Phase.ACCESS
    engine: Engine

    @property
    def directive(self) -> str:
        return "modsecurity on"


@dataclass(frozen=True, slots=True)
class RuleMatched(Event):
    """A rule of ModSecurity ends the request. variable, value: what it looked at."""

    phase = Phase.ACCESS
    rule: str
    message: str
    variable: str
    value: str
    status: int

    @property
    def directive(self) -> str:
        return "modsecurity on"


# --- auth -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuthAnswered(Event):
    """uri: of the subrequest; status: 0 where the connection was closed."""

    phase = Phase.AUTH
    uri: str
    status: int

    @property
    def directive(self) -> str:
        return f"auth_request {self.uri}"


# --- limit ------------------------------------------------------------------------------------------------------------

LimitKind = Literal["limit_req", "limit_conn"]


@dataclass(frozen=True, slots=True)
class BodyTooLarge(Event):
    """In bytes."""

    phase = Phase.LIMIT
    size: int
    limit: int

    @property
    def directive(self) -> str:
        return f"client_max_body_size {self.limit}"


@dataclass(frozen=True, slots=True)
class LimitEvent(Event):
    """Base of what a limit of requests or connections does."""

    phase = Phase.LIMIT
    kind: LimitKind
    zone: str

    @property
    def directive(self) -> str:
        return f"{self.kind} zone={self.zone}"


@dataclass(frozen=True, slots=True)
class Counted(LimitEvent):
    """key: of this request, by the expression `source`; amount: the burst, or the connections at once."""

    key: str
    source: str
    rate: str
    amount: int
    status: int


@dataclass(frozen=True, slots=True)
class NotCounted(LimitEvent):
    """The key is empty, or too long."""

    key: str


@dataclass(frozen=True, slots=True)
class Delayed(LimitEvent):
    seconds: float


@dataclass(frozen=True, slots=True)
class LimitExceeded(LimitEvent):
    """place: the so manieth request of a burst; dry_run: it is only noted down."""

    rate: str
    amount: int
    place: int
    dry_run: bool


# --- balancer ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chance(Event):
    """A way that chance took. share: the odds of that."""

    phase = Phase.BALANCER
    subject: Event
    share: float


@dataclass(frozen=True, slots=True)
class PeersNamed(Event):
    phase = Phase.BALANCER
    service: str = field()
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoPeer(Event):
    """tried: so often the request was passed on before."""

    phase = Phase.BALANCER
    service: str = field()
    tried: int


# --- proxy ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoTarget(Event):
    """content: the module that should pass the request on."""

    phase = Phase.PROXY
    content: str


@dataclass(frozen=True, slots=True)
class BadTarget(Event):
    phase = Phase.PROXY
    directive: str = field()
    error: str


@dataclass(frozen=True, slots=True)
class BodyNeverRead(Event):
    phase = Phase.PROXY

    @property
    def directive(self) -> str:
        return "client_body_buffer_size 0"


@dataclass(frozen=True, slots=True)
class HostUnknown(Event):
    """DNS does not know the host of the target."""

    phase = Phase.PROXY
    host: str


@dataclass(frozen=True, slots=True)
class Answered(Event):
    phase = Phase.PROXY
    directive: str = field()
    service: str = field()
    status: int


@dataclass(frozen=True, slots=True)
class NotAnswered(Event):
    """again: nginx tries for ever."""

    phase = Phase.PROXY
    directive: str = field()
    service: str = field()
    failure: Failure
    again: bool


@dataclass(frozen=True, slots=True)
class TriedAgain(Event):
    """proxy_next_upstream passes the request on once more. condition: its word; number: of the try to come; most: tries
    that nginx makes, 0 without end.
    """

    phase = Phase.PROXY
    protocol: str
    condition: str
    number: int
    most: int

    @property
    def directive(self) -> str:
        return f"{self.protocol}_next_upstream {self.condition}"


@dataclass(frozen=True, slots=True)
class AnswerTooBig(Event):
    """In its headers, which have `size` bytes; limit: the bytes that the buffer has for them."""

    phase = Phase.PROXY
    limit: int
    size: int


@dataclass(frozen=True, slots=True)
class UnsafeRedirect(Event):
    """X-Accel-Redirect leads where nginx does not go."""

    phase = Phase.PROXY
    target: str


@dataclass(frozen=True, slots=True)
class Mirrored(Event):
    phase = Phase.PROXY
    uri: str

    @property
    def directive(self) -> str:
        return f"mirror {self.uri}"


# --- error_page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorPageSent(Event):
    """A finished status is handed to an error page."""

    phase = Phase.ERROR_PAGE
    status: int
    target: str

    @property
    def directive(self) -> str:
        return f"error_page {self.status} {self.target}"


@dataclass(frozen=True, slots=True)
class NamedLocationMissing(Event):
    phase = Phase.ERROR_PAGE
    name: str


@dataclass(frozen=True, slots=True)
class NoUriLeft(Event):
    """A named location is to go on with a request whose line was refused."""

    phase = Phase.ERROR_PAGE
    name: str
