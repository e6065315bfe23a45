"""What one network address may ask of the venue: weight, connections, messages, subscriptions, users, posts.

Hyperliquid docs, rate limits. With the limits off only what bounds the venue's memory is left of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypertui.venue.model.options import VenueOptions

WEIGHT = 1_200
WEIGHT_PER_SECOND = 20.0
CONNECTIONS = 10
NEW_CONNECTIONS_PER_MINUTE = 30
SUBSCRIPTIONS = 1_000
USERS = 10
MESSAGES_PER_MINUTE = 2_000
PENDING_POSTS = 100
# Peers that are remembered; beyond that, those who are back at full allowance are forgotten.
KEPT_PEERS = 1_000


class ThrottledError(Exception):
    """The network address has used up its weight."""


class Bucket:
    """An allowance of `capacity` that refills at `per_second`; times are in ms."""

    def __init__(self, capacity: float, per_second: float, now: int) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._level = capacity
        self._at = now

    def level(self, now: int) -> float:
        """What is left; below 0 while something is owed."""
        gained = max(now - self._at, 0) * self._per_second / 1000
        self._level = min(self._capacity, self._level + gained)
        self._at = now
        return self._level

    def take(self, amount: float, now: int) -> bool:
        """Take an amount if it is there; says whether it was."""
        if self.level(now) < amount:
            return False
        self._level -= amount
        return True

    def charge(self, amount: float, now: int) -> None:
        """Take an amount that has been given already, even into debt."""
        self.level(now)
        self._level -= amount


class ThrottledAddress:
    """One network address and what it uses. With `real` False nothing is counted but the subscriptions."""

    def __init__(self, real: bool, now: int) -> None:
        self._real = real
        self._weight = Bucket(WEIGHT, WEIGHT_PER_SECOND, now)
        self._opened = Bucket(NEW_CONNECTIONS_PER_MINUTE, NEW_CONNECTIONS_PER_MINUTE / 60, now)
        self._messages = Bucket(MESSAGES_PER_MINUTE, MESSAGES_PER_MINUTE / 60, now)
        self._connections = 0
        self._subscriptions = 0
        self._users: Counter[str] = Counter()
        self._posts = 0
        self.refused = 0
        self.spent = 0  # weight, with the limits off too

    def idle(self, now: int) -> bool:
        """Whether forgetting it makes no difference."""
        return not self._connections and self._weight.level(now) == WEIGHT

    def weight_left(self, now: int) -> float:
        """The weight that may be asked for now."""
        return self._weight.level(now)

    def ask(self, weight: int, now: int) -> None:
        """Pay for a request before it is looked at. Raises ThrottledError."""
        if self._real and not self._weight.take(weight, now):
            self.refused += 1
            raise ThrottledError
        self.spent += weight

    def pay(self, weight: int, now: int) -> None:
        """Pay for what an answer turned out to hold."""
        self.spent += weight
        if self._real:
            self._weight.charge(weight, now)

    def connect(self, now: int) -> bool:
        """Count a new connection; False if it may not be made."""
        if self._real and (self._connections >= CONNECTIONS or not self._opened.take(1, now)):
            self.refused += 1
            return False
        self._connections += 1
        return True

    def disconnect(self) -> None:
        """A connection has ended."""
        self._connections -= 1

    def message(self, now: int) -> bool:
        """Count a client's message; False if it is one too many."""
        if self._real and not self._messages.take(1, now):
            self.refused += 1
            return False
        return True

    def subscribe(self, user: str | None) -> str | None:
        """Count a subscription, to a user's feed or to none; returns the reason why it may not be made."""
        if self._subscriptions >= SUBSCRIPTIONS:
            return f"Cannot subscribe to more than {SUBSCRIPTIONS} channels."
        if self._real and user is not None and user not in self._users and len(self._users) >= USERS:
            return f"Cannot track more than {USERS} total users."
        self._subscriptions += 1
        if user is not None:
            self._users[user] += 1
        return None

    def unsubscribe(self, user: str | None) -> None:
        """A subscription has ended."""
        self._subscriptions -= 1
        if user is not None:
            self._users[user] -= 1
            if not self._users[user]:
                del self._users[user]

    def begin_post(self) -> bool:
        """Count a request over a socket until `end_post`; False if too many wait for their answer."""
        if self._real and self._posts >= PENDING_POSTS:
            return False
        self._posts += 1
        return True

    def end_post(self) -> None:
        """A request over a socket is answered."""
        self._posts -= 1


class Peers:
    """Every network address that has been seen lately. `clock` gives ms."""

    def __init__(self, options: VenueOptions, clock: Callable[[], int]) -> None:
        self._real = options.rate_limits == "real"
        self._clock = clock
        self._peers: dict[str, ThrottledAddress] = {}

    @property
    def throttled(self) -> int:
        """How often something was refused for its weight, its rate or its number."""
        return sum(peer.refused for peer in self._peers.values())

    @property
    def weight_spent(self) -> int:
        """The weight of all that was asked for so far."""
        return sum(peer.spent for peer in self._peers.values())

    @property
    def weight_left(self) -> float:
        """What the peer that has asked for most may still ask for now."""
        now = self._clock()
        return min((peer.weight_left(now) for peer in self._peers.values()), default=WEIGHT)

    def find(self, name: str) -> ThrottledAddress:
        """The peer with this address."""
        peer = self._peers.get(name)
        if peer is None:
            now = self._clock()
            if len(self._peers) >= KEPT_PEERS:
                self._peers = {key: each for key, each in self._peers.items() if not each.idle(now)}
            peer = self._peers[name] = ThrottledAddress(self._real, now)
        return peer

    def connect(self, name: str) -> bool:
        """Count a new connection of a peer; False if it may not be made."""
        return self.find(name).connect(self._clock())

    def disconnect(self, name: str) -> None:
        """A connection of a peer has ended."""
        self.find(name).disconnect()

    def message(self, name: str) -> bool:
        """Count a message of a peer; False if it is one too many."""
        return self.find(name).message(self._clock())
