"""Whose key it is: the account's own, its master's where it is a sub-account, or that of an agent (an API
wallet) which may trade for either."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from hypertui.exchange.hyperliquid.checks import Json, optional_integer, reader, rows, text_of
from hypertui.exchange.hyperliquid.rate_meter import ROLE, USUAL
from hypertui.exchange.protocol import Rejected, Signer

_T = TypeVar("_T")


class Ask(Protocol):
    """Sends one question of the SDK's, at its request weight, and reads the answer."""

    def __call__(
        self, weight: int, question: Callable[[Any], Json], read: Callable[[Json], _T]
    ) -> Awaitable[_T]: ...


@dataclass(frozen=True, slots=True)
class AddressRole:
    """What the venue knows of an address. `acts_for` is the account that an agent trades for, else None."""

    name: str
    acts_for: str | None


@reader
def role(answer: Json) -> AddressRole:
    """The role in the venue's answer about an address."""
    name = text_of(answer["role"])
    return AddressRole(name, text_of(answer["data"]["user"]).lower() if name == "agent" else None)


@reader
def named(answer: Json) -> Mapping[str, Signer]:
    """An account's named agents by address, and until when each may act as far as the venue says."""
    agents = (
        Signer(
            text_of(each["address"]).lower(), text_of(each["name"]), optional_integer(each.get("validUntil"))
        )
        for each in rows(answer)
    )
    return {agent.address: agent for agent in agents}


@reader
def sub_accounts(answer: Json) -> frozenset[str]:
    """The addresses of an account's sub-accounts."""
    found = () if answer is None else rows(answer)
    return frozenset(text_of(each["subAccountUser"]).lower() for each in found)


class Authority:
    """What gives the key with address `signer` the right to act for `account`; addresses in lower case.
    `vault` is the account where it has to be named in each action: a sub-account has no key of its own."""

    def __init__(self, signer: str, account: str, ask: Ask) -> None:
        self.vault: str | None = None
        self._signer = Signer(signer)
        self._account = account
        self._master = account  # whose key, or whose agent's, may act
        self._ask = ask
        self._named: Mapping[str, Signer] | None = None  # the account's, asked for once

    @property
    def is_agent(self) -> bool:
        """Whether the key is neither the account's own nor its master's; known once it is verified."""
        return self._signer.address != self._master

    async def verify(self) -> None:
        """Raises Rejected, naming both addresses, unless the key may act for the account."""
        signer, account = self._signer.address, self._account
        # The cheaper question first: most agents have a name, and then the role need not be asked for.
        if signer != account and (await self.known()).name:
            return
        acts_for = (await self._role()).acts_for
        if signer == account:
            if acts_for is not None:
                raise Rejected(f"{account} is only an agent of {acts_for}: name that as the account")
        elif acts_for != account:
            master = acts_for or signer
            if account not in await self._ask(
                USUAL, lambda venue: venue.query_sub_accounts(master), sub_accounts
            ):
                belongs = f"it is an agent of {acts_for}" if acts_for else "it is nobody's agent"
                raise Rejected(
                    f"the key's address {signer} may not act for the account {account}: {belongs}, and that "
                    f"is no sub-account of {master}"
                )
            self.vault, self._master = account, master
            self._signer = (await self._agents(master)).get(signer, self._signer)

    async def known(self) -> Signer:
        """The signer as far as it is known by now: one question at most."""
        if self._signer.address == self._account or self._signer.name:
            return self._signer
        if self._named is None:
            self._named = await self._agents(self._account)
            self._signer = self._named.get(self._signer.address, self._signer)
        return self._signer

    async def look(self) -> Signer:
        """The signer as the venue knows it now."""
        before = self._signer
        if before.address == self._master:
            return before
        listed = (await self._agents(self._master)).get(before.address)
        if listed is not None:
            self._signer = listed
        elif before.name:
            self._signer = replace(before, may_act=False)
        else:
            self._signer = replace(before, may_act=(await self._role()).acts_for == self._master)
        return self._signer

    async def _role(self) -> AddressRole:
        address = self._signer.address
        return await self._ask(ROLE, lambda venue: venue.user_role(address), role)

    async def _agents(self, master: str) -> Mapping[str, Signer]:
        return await self._ask(USUAL, lambda venue: venue.extra_agents(master), named)
