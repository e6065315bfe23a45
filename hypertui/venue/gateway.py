"""The door for signed requests: shape, signature, expiry, nonce; then the action, and its answer as JSON."""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict

from hypertui.venue.accounts import Account
from hypertui.venue.agents import DAY_MS, AgentError
from hypertui.venue.budget import Budget
from hypertui.venue.core import ActionError, Core
from hypertui.venue.desk import Filled, Outcome, Refused
from hypertui.venue.markets import MICRO, number
from hypertui.venue.orders import Json, VenueOrder
from hypertui.venue.signing import (
    MAINNET_SOURCE,
    Signature,
    UnrecoverableError,
    action_hash,
    recover_l1,
    recover_user,
)
from hypertui.venue.wire import (
    Action,
    ActionParser,
    ApproveAgent,
    CancelOrders,
    MalformedError,
    Noop,
    PlaceOrders,
    ScheduleCancel,
    Unsupported,
    UpdateLeverage,
    address,
    canonical,
    hex_number,
    integer,
    integers,
    mapping,
)

KEPT_NONCES = 100
KEPT_QUESTIONS = 1_000
WEIGHT_LIMIT = 200
MAINNET_REFUSED = "This is a local venue: what is signed for mainnet is refused."
NOT_FOUND = "Order was never placed, already canceled, or filled."


class Nonces:
    """The highest nonces that one signer has used."""

    def __init__(self) -> None:
        self._used: list[int] = []

    def use(self, nonce: int, now: int) -> None:
        """Spend a nonce; raises ActionError if it is spent, too low or too far from `now` (ms)."""
        if nonce in self._used:
            raise ActionError(f"Invalid nonce: duplicate nonce {nonce}")
        least = now - 2 * DAY_MS
        if len(self._used) >= KEPT_NONCES:
            least = max(least, self._used[0])
        if nonce <= least:
            raise ActionError(f"Invalid nonce: nonce too low {nonce} < {least}")
        if nonce >= now + DAY_MS:
            raise ActionError(f"Invalid nonce: nonce too high {nonce} > {now + DAY_MS}")
        insort(self._used, nonce)
        del self._used[:-KEPT_NONCES]

    def dump(self) -> list[int]:
        """The nonces, lowest first."""
        return list(self._used)

    def restore(self, used: list[int]) -> None:
        """Know what was known when `dump` made `used`."""
        self._used = sorted(used)


class Gateway:
    """Turns the body of a request to /exchange into an answer."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._parser = ActionParser(core.markets)
        self._budget = Budget(core.options)
        self._nonces: dict[str, Nonces] = {}
        self._asked: OrderedDict[str, None] = OrderedDict()

    def asked_about(self, user: str) -> None:
        """Remember an address that somebody asked about, to tell a mainnet signature from a stranger's."""
        self._asked[user] = None
        self._asked.move_to_end(user)
        if len(self._asked) > KEPT_QUESTIONS:
            self._asked.popitem(last=False)

    def dump(self) -> Json:
        """The nonces of every signer, for JSON. Who asked about whom is not worth keeping."""
        return {signer: nonces.dump() for signer, nonces in self._nonces.items()}

    def restore(self, state: Json) -> None:
        """Know what was known when `dump` made `state`; raises MalformedError."""
        for signer in state:
            nonces = self._nonces[signer] = Nonces()
            nonces.restore(integers(state, signer))

    def submit(self, body: object) -> Json:
        """Carry out a signed request; raises MalformedError for one that is not of the right shape.

        Everything that it changes is one event.
        """
        if not isinstance(body, dict):
            raise MalformedError("not an object")
        wire = mapping(body, "action")
        action = self._parser.parse(wire)
        nonce = integer(body, "nonce")
        expires_after = None if body.get("expiresAfter") is None else integer(body, "expiresAfter")
        vault = None if body.get("vaultAddress") is None else address(body, "vaultAddress")
        marks = mapping(body, "signature")
        signature = (integer(marks, "v"), hex_number(marks, "r"), hex_number(marks, "s"))
        with self._core.event():
            try:
                if isinstance(action, ApproveAgent):
                    return self._approve(action, wire, nonce, expires_after, signature)
                account = self._authorize(wire, nonce, vault, expires_after, signature)
                self._budget.admit(account, wire, self._core.now)
                answer = self._act(account, action)
                self._budget.spend(account, wire)
                return answer
            except (ActionError, AgentError) as error:
                return {"status": "err", "response": str(error)}
            except UnrecoverableError:
                return {"status": "err", "response": "Unable to recover signer."}

    def _authorize(
        self, wire: Json, nonce: int, vault: str | None, expires_after: int | None, signature: Signature
    ) -> Account:
        """The account for which an L1 action was signed; spends its nonce. Raises ActionError."""
        try:
            form = canonical(wire)
            signed = action_hash(form, nonce, vault, expires_after)
        except (ValueError, OverflowError, TypeError) as error:
            raise MalformedError(str(error)) from None
        signer = recover_l1(signed, signature)
        account = self._account_of(signer) if form == wire else None
        known = signer in self._core.accounts or self._core.agents.ever(signer)
        if account is None or not known:
            self._refuse_mainnet(signed, signature)
        if account is None:
            raise ActionError(f"User or API Wallet {signer} does not exist.")
        now = self._core.now
        if expires_after is not None and expires_after < now:
            self._budget.waste(account, wire)
            raise ActionError("Action already expired")
        if vault is not None and vault != account.address:
            raise ActionError(f"Vault not registered: {vault}")
        self._nonces.setdefault(signer, Nonces()).use(nonce, now)
        self._core.open_account(account)
        return account

    def _account_of(self, signer: str) -> Account | None:
        agent = self._core.agents.find(signer, self._core.now)
        return self._core.account(signer if agent is None else agent.master)

    def _refuse_mainnet(self, signed: bytes, signature: Signature) -> None:
        """A signature for mainnet recovers to a stranger here; it gives itself away if for mainnet it
        recovers to someone known."""
        meant = recover_l1(signed, signature, MAINNET_SOURCE)
        known = self._core.accounts.keys() | self._asked.keys()
        if meant in known or self._core.agents.find(meant, self._core.now) is not None:
            raise ActionError(MAINNET_REFUSED)

    def _approve(
        self, action: ApproveAgent, wire: Json, nonce: int, expires_after: int | None, signature: Signature
    ) -> Json:
        if action.chain == "Mainnet":
            raise ActionError(MAINNET_REFUSED)
        if action.nonce != nonce:
            raise MalformedError("two different nonces")
        signer = recover_user({**wire, "agentName": action.name}, signature)
        account = self._core.account(signer)
        if account is None:
            raise ActionError(f"Must deposit before performing actions. User: {signer}")
        if expires_after is not None:
            raise ActionError("User-signed actions do not support expiresAfter.")
        now = self._core.now
        self._nonces.setdefault(signer, Nonces()).use(nonce, now)
        if action.agent in self._core.accounts:
            raise ActionError("Extra agent already used.")
        self._core.open_account(account)
        self._core.agents.approve(signer, action.agent, action.name, now)
        return _done()

    def _act(self, account: Account, action: Action) -> Json:
        if isinstance(action, PlaceOrders):
            return self._place(account, action)
        if isinstance(action, CancelOrders):
            return self._cancel(account, action)
        if isinstance(action, UpdateLeverage):
            self._core.set_leverage(account, action.market, action.leverage, cross=action.is_cross)
        elif isinstance(action, ScheduleCancel):
            self._core.schedule_cancel(account, action.time)
        elif isinstance(action, Unsupported):
            raise ActionError(f"Action {action.kind} is not supported by the local venue.")
        elif not isinstance(action, Noop):
            raise MalformedError("not an L1 action")
        return _done()

    def _place(self, account: Account, action: PlaceOrders) -> Json:
        _weigh(len(action.requests))
        if action.grouping != "na":
            raise ActionError(f"Grouping {action.grouping} is not supported by the local venue.")
        if not action.requests:
            return _statuses("order", [{"error": "Batch of orders is empty."}])
        outcomes = self._core.place(account, action.requests)
        if isinstance(outcomes, str):
            return _statuses("order", [{"error": outcomes}])
        return _statuses("order", [_outcome(outcome) for outcome in outcomes])

    def _cancel(self, account: Account, action: CancelOrders) -> Json:
        _weigh(len(action.cancels))
        statuses: list[str | Json] = []
        for market, key in action.cancels:
            done = self._core.cancel(account, market, key)
            statuses.append("success" if done else {"error": f"{NOT_FOUND} asset={market.asset}"})
        return _statuses("cancel", statuses)


def _weigh(weight: int) -> None:
    if weight > WEIGHT_LIMIT:
        raise ActionError(f"Signed action over weight limit of {WEIGHT_LIMIT}.")


def _done() -> Json:
    return {"status": "ok", "response": {"type": "default"}}


def _statuses(kind: str, statuses: list[str | Json] | list[Json]) -> Json:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}


def _reference(order: VenueOrder) -> Json:
    cloid = order.request.cloid
    return {"oid": order.oid} if cloid is None else {"oid": order.oid, "cloid": cloid}


def _outcome(outcome: Outcome) -> Json:
    if isinstance(outcome, Refused):
        return {"error": outcome.text}
    if isinstance(outcome, Filled):
        average = (outcome.value / outcome.size).quantize(MICRO)
        traded = {"totalSz": number(outcome.size), "avgPx": number(average)}
        return {"filled": traded | _reference(outcome.order)}
    return {"resting": _reference(outcome.order)}
