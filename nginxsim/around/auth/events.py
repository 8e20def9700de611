"""What auth servers do to a request: the kinds of event that they put into the trace."""

from __future__ import annotations

from dataclasses import dataclass, field

from nginxsim.around.auth.oauth2_proxy.addresses import Compared
from nginxsim.around.auth.oauth2_proxy.replies import Reply
from nginxsim.around.auth.oauth2_proxy.settings import Setting
from nginxsim.nginx.steps import Event, Phase
from nginxsim.origins import Origin, Source


@dataclass(frozen=True, slots=True)
class AddressHeld(Event):
    """An address was held against trusted-ip.

    network: the entry that it lies in, "" for none; owner: who has the list.
    """

    phase = Phase.AUTH
    compared: Compared
    network: str
    setting: Setting
    owner: str

    @property
    def asked_by(self) -> Source | None:
        place = self.setting.place_of(self.network) if self.network else self.setting.origin
        return _source(self.setting, self.owner, place)


@dataclass(frozen=True, slots=True)
class OAuth2ProxyReplied(Event):
    """owner: what runs it, as "Deployment auth/oauth2-proxy", or its name; asked: the path that it saw."""

    phase: Phase = field()
    owner: str
    version: str
    asked: str
    reply: Reply

    @property
    def asked_by(self) -> Source | None:
        setting = self.reply.setting
        if setting is None or not setting.places:
            return None
        return _source(setting, self.owner, setting.place_of(self.reply.value))


def _source(setting: Setting, owner: str, place: Origin | None) -> Source:
    return Source("flag", setting.called, place or setting.origin, owner)
