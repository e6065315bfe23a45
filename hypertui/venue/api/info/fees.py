"""Fees, volumes and referrals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from hypertui.core.market import ONE
from hypertui.venue.accounts.fees import (
    DAY_MS,
    MAKER_REBATES,
    REFERRAL_DISCOUNT,
    SPOT_ADD,
    SPOT_CROSS,
    VIP,
    WINDOW_DAYS,
)
from hypertui.venue.api.info.people import People
from hypertui.venue.core import Core
from hypertui.venue.model.markets import number, usd
from hypertui.venue.model.orders import Json
from hypertui.venue.trading.records import referral_discount

CENT = Decimal("0.01")
NO_DISCOUNT = {"bpsOfMaxSupply": "0.0", "discount": "0.0"}
# Hyperliquid docs, fees: staking tiers by basis points of the supply.
STAKING_TIERS = (
    ("0.0", "0.0"),
    ("0.0001", "0.05"),
    ("0.001", "0.1"),
    ("0.01", "0.15"),
    ("0.1", "0.2"),
    ("1.0", "0.3"),
    ("5.0", "0.4"),
)
NEEDED_FOR_CODE = "10000.0"


class FeeInfo:
    """Questions about fees."""

    def __init__(self, core: Core, people: People) -> None:
        self._core = core
        self._people = people
        self.answers: dict[str, Callable[[Json], Any]] = {
            "userFees": self._fees,
            "referral": self._referral,
        }

    def _fees(self, body: Json) -> Json:
        account = self._people.asked(body)
        now, discount = self._core.now, referral_discount(account)
        rates = self._core.desk.records.fees.rates(account.turnover, now)
        cross, add, spot_cross, spot_add = (rate * (ONE - discount) if rate > 0 else rate for rate in rates)
        options = self._core.options
        return {
            "dailyUserVlm": [self._day(account.turnover, now // DAY_MS - ago) for ago in _DAYS],
            "feeSchedule": {
                "cross": number(options.taker_fee),
                "add": number(options.maker_fee),
                "spotCross": number(SPOT_CROSS),
                "spotAdd": number(SPOT_ADD),
                "tiers": {
                    "vip": [
                        {
                            "ntlCutoff": number(tier[0]),
                            "cross": number(tier[1]),
                            "add": number(tier[2]),
                            "spotCross": number(tier[3]),
                            "spotAdd": number(tier[4]),
                        }
                        for tier in VIP
                    ],
                    "mm": [
                        {"makerFractionCutoff": cutoff, "add": rebate} for cutoff, rebate in MAKER_REBATES
                    ],
                },
                "referralDiscount": number(REFERRAL_DISCOUNT),
                "stakingDiscountTiers": [
                    {"bpsOfMaxSupply": staked, "discount": off} for staked, off in STAKING_TIERS
                ],
            },
            "userCrossRate": number(cross),
            "userAddRate": number(add),
            "userSpotCrossRate": number(spot_cross),
            "userSpotAddRate": number(spot_add),
            "activeReferralDiscount": number(discount),
            "trial": None,
            "feeTrialEscrow": "0.0",
            "nextTrialAvailableTimestamp": None,
            "stakingLink": None,
            "activeStakingDiscount": NO_DISCOUNT,
        }

    def _day(self, turnover: Any, day: int) -> Json:
        taker, maker = turnover.on(day)
        everybody = sum(self._core.desk.records.turnover.on(day))
        return {
            "date": datetime.fromtimestamp(day * DAY_MS // 1000, UTC).date().isoformat(),
            "userCross": _cents(taker),
            "userAdd": _cents(maker),
            "exchange": _cents(Decimal(everybody)),
        }

    def _referral(self, body: Json) -> Json:
        account = self._people.asked(body)
        referred = None
        if account.referrer is not None:
            referred = {"referrer": "0x" + "0" * 40, "code": account.referrer}
        return {
            "referredBy": referred,
            "cumVlm": usd(account.volume),
            "unclaimedRewards": "0.0",
            "claimedRewards": "0.0",
            "builderRewards": usd(account.builder_rewards),
            "tokenToState": [],
            "referrerState": {"stage": "needToTrade", "data": {"required": NEEDED_FOR_CODE}},
            "rewardHistory": [],
        }


# The day before those that count, up to today.
_DAYS = range(WINDOW_DAYS, -1, -1)


def _cents(amount: Decimal) -> str:
    return number(amount.quantize(CENT, rounding=ROUND_HALF_EVEN))
