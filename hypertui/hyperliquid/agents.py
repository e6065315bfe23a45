"""Whose key it is: the account's own, or that of an agent which may trade for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypertui.exchange import Rejected
from hypertui.hyperliquid.checks import Json, optional_integer, reader, text_of


@dataclass(frozen=True, slots=True)
class Role:
    """What the venue knows of an address. `acts_for` is the account that an agent trades for, else None."""

    name: str
    acts_for: str | None


@reader
def role(answer: Json) -> Role:
    """The role in the venue's answer about an address."""
    name = text_of(answer["role"])
    return Role(name, text_of(answer["data"]["user"]).lower() if name == "agent" else None)


@reader
def named(answer: Json) -> Mapping[str, int | None]:
    """An account's named agents: until when (ms) each address may act, as far as the venue says."""
    return {text_of(entry["address"]).lower(): optional_integer(entry.get("validUntil")) for entry in answer}


def verify(signer: str, account: str, signer_role: Role) -> None:
    """Raise Rejected unless the key with address `signer`, which is no named agent of `account`, may act for
    it; addresses in lower case."""
    if signer == account:
        if signer_role.acts_for is not None:
            raise Rejected(f"{account} is only an agent of {signer_role.acts_for}: name that as the account")
        return
    if signer_role.acts_for == account:
        return
    belongs = f"it is an agent of {signer_role.acts_for}" if signer_role.acts_for else "it is nobody's agent"
    raise Rejected(f"the key's address {signer} may not act for the account {account}: {belongs}")
