"""The door for signed requests: shape, signature, expiry, nonce; then the action, and its answer as JSON."""

from __future__ import annotations

from collections import OrderedDict

import msgpack

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.actions import Action, not_supported, parse
from hypertui.venue.api.budget import ActionBudget
from hypertui.venue.api.nonces import Nonces
from hypertui.venue.api.signing import (
    MAINNET_SOURCE,
    USER_SIGNED_TYPES,
    Signature,
    UnrecoverableError,
    action_hash,
    recover_l1,
    recover_user,
)
from hypertui.venue.core import Core
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.messages import (
    MalformedError,
    address,
    hex_number,
    integer,
    integers,
    mapping,
    one_of,
)
from hypertui.venue.model.orders import Json

KEPT_QUESTIONS = 1_000
WEIGHT_LIMIT = 200
MAINNET_REFUSED = "This is a local venue: what is signed for mainnet is refused."


class Gateway:
    """Turns the body of a request to /exchange into an answer."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._budget = ActionBudget(core.options)
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
        refusal = not_supported(wire)
        if refusal is not None:
            return refusal
        action = parse(self._core, wire)
        nonce = integer(body, "nonce")
        expires_after = None if body.get("expiresAfter") is None else integer(body, "expiresAfter")
        vault = None if body.get("vaultAddress") is None else address(body, "vaultAddress")
        marks = mapping(body, "signature")
        signature = (integer(marks, "v"), hex_number(marks, "r"), hex_number(marks, "s"))
        user_signed = wire["type"] in USER_SIGNED_TYPES
        if user_signed:
            _check_user_signed(wire, nonce)
        with self._core.event():
            try:
                if user_signed:
                    account = self._authorize_user(action.form, nonce, expires_after, signature)
                else:
                    account = self._authorize(wire, action.form, nonce, vault, expires_after, signature)
                return self._act(account, action, wire)
            except ActionError as error:
                return {"status": "err", "response": str(error)}
            except UnrecoverableError:
                return {"status": "err", "response": "Unable to recover signer."}

    def _authorize(
        self,
        wire: Json,
        form: Json,
        nonce: int,
        vault: str | None,
        expires_after: int | None,
        signature: Signature,
    ) -> Account:
        """The account for which an L1 action was signed, received as `wire` and in its canonical `form`;
        spends its nonce. Raises ActionError."""
        try:
            signed = action_hash(form, nonce, vault, expires_after)
            canonical = msgpack.packb(wire) == msgpack.packb(form)
        except (ValueError, OverflowError, TypeError) as error:
            raise MalformedError(str(error)) from None
        signer = recover_l1(signed, signature)
        known = signer in self._core.accounts or self._core.agents.ever(signer)
        # Another form hashes to a stranger, whom the faucet must not take for a newcomer.
        account = self._account_of(signer) if known or canonical else None
        if not known:
            self._refuse_mainnet(signed, signature)
        if account is None:
            raise ActionError(f"User or API Wallet {signer} does not exist.")
        now = self._core.now
        if expires_after is not None and expires_after < now:
            self._budget.waste(account, wire)
            raise ActionError("Action already expired")
        target = account if vault is None or vault == account.address else self._core.accounts.get(vault)
        if target is None or (target is not account and target.master != account.address):
            raise ActionError(f"Vault not registered: {vault}")
        self._nonces.setdefault(signer, Nonces()).use(nonce, now)
        self._core.open_account(target)
        return target

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

    def _authorize_user(
        self, form: Json, nonce: int, expires_after: int | None, signature: Signature
    ) -> Account:
        """The account whose own key signed a user-signed action; spends its nonce. Raises ActionError."""
        if form["hyperliquidChain"] == "Mainnet":
            raise ActionError(MAINNET_REFUSED)
        signer = recover_user(form, signature)
        account = self._core.account(signer)
        if account is None:
            raise ActionError(f"Must deposit before performing actions. User: {signer}")
        if expires_after is not None:
            raise ActionError("User-signed actions do not support expiresAfter.")
        self._nonces.setdefault(signer, Nonces()).use(nonce, self._core.now)
        self._core.open_account(account)
        return account

    def _act(self, account: Account, action: Action, wire: Json) -> Json:
        if action.weight > WEIGHT_LIMIT:
            raise ActionError(f"Signed action over weight limit of {WEIGHT_LIMIT}.")
        self._budget.admit(account, wire, self._core.now)
        answer = action.run(account)
        self._budget.spend(account, wire)
        return answer


def _check_user_signed(wire: Json, nonce: int) -> None:
    one_of(wire, "hyperliquidChain", ("Mainnet", "Testnet"))
    hex_number(wire, "signatureChainId")
    # The signed fields end with the nonce, which some actions call their time.
    name = USER_SIGNED_TYPES[wire["type"]][1][-1][0]
    if integer(wire, name) != nonce:
        raise MalformedError("two different nonces")
