"""Money that moves without a trade: deposits, transfers between wallets and sub-accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from eth_utils.crypto import keccak

from hypertui.core.market import ZERO
from hypertui.venue.accounts.accounts import POOLED, Account
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.events import Batch, Events
from hypertui.venue.model.markets import MICRO, usd
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Json

NO_HASH = "0x" + "0" * 64
MOST_SUB_ACCOUNTS = 10
LONGEST_NAME = 16
# Hyperliquid docs, bridge.
WITHDRAWAL_FEE = Decimal(1)
TOO_LITTLE = "Insufficient balance for withdrawal"


class Treasury:
    """`accounts` belongs to the core; the accounts that act must be stored there. Amounts are in USD."""

    def __init__(
        self,
        options: VenueOptions,
        accounts: dict[str, Account],
        rules: MarginRules,
        events: Events,
        marks: Callable[[], Mapping[str, Decimal]],
    ) -> None:
        self._options = options
        self._accounts = accounts
        self._rules = rules
        self._events = events
        self._marks = marks

    def adjust(self, account: Account, amount: Decimal, delta: Json, batch: Batch) -> None:
        """Credit an amount (negative: take it away) to the perpetuals, with a row in the ledger."""
        account.deposit(amount)
        self._write(account, delta, batch)

    def transfer_class(self, account: Account, amount: Decimal, *, to_perp: bool) -> None:
        """Move USDC between an account's spot wallet and its perpetuals; raises ActionError."""
        with self._events.open() as batch:
            if account.is_pooled:
                raise ActionError("Action disabled when unified account is active")
            signed = amount if to_perp else -amount
            there = account.spot if to_perp else self._withdrawable(account)
            self._must_be_there(amount, there)
            account.spot -= signed
            delta = {"type": "accountClassTransfer", "usdc": usd(amount), "toPerp": to_perp}
            self.adjust(account, signed, delta, batch)

    def set_abstraction(self, account: Account, wanted: str) -> None:
        """Keep an account's collateral otherwise from now on; all of it is in the spot wallet then. Raises
        ActionError while positions are open."""
        with self._events.open():
            if account.positions:
                raise ActionError("Cannot change account abstraction with open positions.")
            # What is measured against the deposits is all of a pooled account, and nothing of another's.
            account.deposits = account.deposits + account.spot if wanted in POOLED else ZERO
            account.spot += account.cash
            account.cash = ZERO
            account.abstraction = wanted

    def send(self, source: Account, target: Account, amount: Decimal) -> None:
        """Move USDC from one account's perpetuals to another's; raises ActionError."""
        with self._events.open() as batch:
            if source is target:
                raise ActionError("Cannot self-transfer.")
            self._must_be_there(amount, self._withdrawable(source))
            delta = {
                "type": "internalTransfer",
                "usdc": usd(amount),
                "user": source.address,
                "destination": target.address,
                "fee": "0.0",
            }
            self.adjust(source, -amount, delta, batch)
            self.adjust(target, amount, delta, batch)

    def withdraw(self, account: Account, amount: Decimal, nonce: int) -> None:
        """Let USDC leave the exchange, less its fee; raises ActionError."""
        with self._events.open() as batch:
            self._must_be_there(amount, self._withdrawable(account))
            if amount <= WITHDRAWAL_FEE:
                raise ActionError(TOO_LITTLE)
            delta = {
                "type": "withdraw",
                "usdc": usd(amount - WITHDRAWAL_FEE),
                "nonce": nonce,
                "fee": usd(WITHDRAWAL_FEE),
            }
            self.adjust(account, -amount, delta, batch)

    def create_sub_account(self, master: Account, name: str) -> str:
        """A new empty account that `master` commands; returns its address. Raises ActionError."""
        with self._events.open():
            needed = self._options.sub_account_volume
            if master.volume < needed:
                raise ActionError(
                    "Cannot create sub-accounts until enough volume traded. "
                    f"Required: ${needed:f}. Traded: ${master.volume:f}."
                )
            if master.master is not None:
                raise ActionError("A sub-account cannot have sub-accounts.")
            if not 1 <= len(name) <= LONGEST_NAME:
                raise ActionError(f"Sub-account name must be between 1 and {LONGEST_NAME} characters.")
            others = self.sub_accounts(master)
            if any(other.name == name for other in others):
                raise ActionError(f"Sub-account name already used: {name}")
            if len(others) >= MOST_SUB_ACCOUNTS:
                raise ActionError(f"Too many sub-accounts. Current limit is {MOST_SUB_ACCOUNTS}")
            address = f"0x{keccak(text=f'{master.address}/{len(others)}')[-20:].hex()}"
            account = Account(address, master=master.address, name=name, turnover=master.turnover)
            self._accounts[address] = account
            return address

    def transfer_sub(self, master: Account, address: str, amount: Decimal, *, deposit: bool) -> None:
        """Move USDC from the master's perpetuals to a sub-account's, or back; raises ActionError."""
        with self._events.open() as batch:
            sub = self._accounts.get(address)
            if sub is None or sub.master != master.address:
                ends = (master.address, address) if deposit else (address, master.address)
                raise ActionError(f"Invalid sub-account transfer from {ends[0]} to {ends[1]}")
            source, target = (master, sub) if deposit else (sub, master)
            self._must_be_there(amount, self._withdrawable(source))
            delta = {
                "type": "subAccountTransfer",
                "usdc": usd(amount),
                "user": source.address,
                "destination": target.address,
            }
            self.adjust(source, -amount, delta, batch)
            self.adjust(target, amount, delta, batch)

    def sub_accounts(self, master: Account) -> list[Account]:
        """The accounts that `master` commands, oldest first."""
        return [account for account in self._accounts.values() if account.master == master.address]

    def _withdrawable(self, account: Account) -> Decimal:
        return self._rules.cross(account, self._marks()).withdrawable

    def _must_be_there(self, amount: Decimal, there: Decimal) -> None:
        if amount <= ZERO or amount != amount.quantize(MICRO):
            raise ActionError("Invalid transfer amount.")
        if amount > there:
            raise ActionError(TOO_LITTLE)

    def _write(self, account: Account, delta: Json, batch: Batch) -> None:
        entry = {"time": batch.time, "hash": NO_HASH, "delta": delta}
        account.ledger.append(entry)
        batch.ledger.setdefault(account.address, []).append(entry)


def deposit_delta(amount: Decimal) -> Json:
    """A deposit as the ledger has it."""
    return {"type": "deposit", "usdc": usd(amount)}
