"""Keys that may act for an account: who they are, for how long, and which are spent for ever."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.messages import address, integer, items, text
from hypertui.venue.model.orders import Json

DAY_MS = 86_400_000
DEFAULT_VALIDITY_MS = 90 * DAY_MS
LONGEST_VALIDITY_MS = 180 * DAY_MS
NAMED_AGENTS = 3
NAMED_PER_SUB_ACCOUNT = 2
LONGEST_NAME = 16
VALID_UNTIL = " valid_until "


@dataclass(frozen=True, slots=True)
class Agent:
    """A key that acts for the account `master` until `valid_until` (ms). An unnamed one's name is empty."""

    address: str
    master: str
    name: str
    valid_until: int


class Agents:
    """All agents of all accounts. An address that ever was an agent is never used again."""

    def __init__(self) -> None:
        self._by_address: dict[str, Agent] = {}
        self._spent: set[str] = set()

    def ever(self, address: str) -> bool:
        """Whether the address is or was an agent, and so is nobody's account."""
        return address in self._spent

    def find(self, address: str, now: int) -> Agent | None:
        """The agent with this address, if it still may act."""
        agent = self._by_address.get(address)
        return agent if agent is not None and agent.valid_until > now else None

    def of(self, master: str, now: int) -> list[Agent]:
        """The agents that may act for an account."""
        return [
            agent for agent in self._by_address.values() if agent.master == master and agent.valid_until > now
        ]

    def approve(self, master: str, address: str, text: str, now: int, sub_accounts: int = 0) -> None:
        """Let `address` act for `master` and its `sub_accounts`, which are so many. `text` is the agent's
        name, perhaps with its expiry; the same name (or none) again replaces and de-registers the old key.
        Raises ActionError."""
        name, valid_until = parse_agent_name(text, now)
        if address in self._spent or address == master:
            raise ActionError("Extra agent already used.")
        named = {agent.name for agent in self.of(master, now) if agent.name}
        limit = NAMED_AGENTS + NAMED_PER_SUB_ACCOUNT * sub_accounts
        if name and name not in named and len(named) >= limit:
            raise ActionError(f"Too many extra agents for cumulative volume traded. Current limit is {limit}")
        for old in tuple(self._by_address.values()):
            if old.master == master and old.name == name:
                del self._by_address[old.address]
        self._by_address[address] = Agent(address, master, name, valid_until)
        self._spent.add(address)

    def revoke(self, address: str, now: int) -> None:
        """De-register a key; one that is no agent is no error."""
        self._by_address.pop(address, None)

    def expire(self, address: str, now: int) -> None:
        """Let a key run out at `now` (ms); one that is no agent is no error."""
        agent = self._by_address.get(address)
        if agent is not None:
            self._by_address[address] = replace(agent, valid_until=now)

    def dump(self) -> Json:
        """Everything known, for JSON."""
        return {
            "agents": [asdict(agent) for agent in self._by_address.values()],
            "spent": [{"address": spent} for spent in sorted(self._spent)],
        }

    def restore(self, state: Json) -> None:
        """Know what was known when `dump` made `state`; raises MalformedError."""
        for item in items(state, "agents"):
            agent = Agent(
                address(item, "address"),
                address(item, "master"),
                text(item, "name"),
                integer(item, "valid_until"),
            )
            self._by_address[agent.address] = agent
        self._spent.update(address(item, "address") for item in items(state, "spent"))


def parse_agent_name(text: str, now: int) -> tuple[str, int]:
    """Name and end of validity (ms) from the name field of an approval; raises ActionError."""
    name, mark, until = text.partition(VALID_UNTIL)
    if len(name) > LONGEST_NAME:
        raise ActionError(f"Agent name must be between 1 and {LONGEST_NAME} characters.")
    if not mark:
        return name, now + DEFAULT_VALIDITY_MS
    if not until.isascii() or not until.isdigit():
        raise ActionError("Invalid agent valid_until.")
    valid_until = int(until)
    if valid_until <= now:
        raise ActionError("Agent valid_until already expired.")
    return name, min(valid_until, now + LONGEST_VALIDITY_MS)
