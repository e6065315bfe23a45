"""The spot markets: two that nobody trades here. Programs that look at all markets when they start take it
for granted that there are some."""

from __future__ import annotations

from hypertui.venue.model.orders import Json

# As on the testnet, for which whoever trades here signs.
_USDC_TOKEN = "0xeb62eee3685fc4c43992febcd9e75443"
_TOKENS = (
    ("USDC", 8, 8, _USDC_TOKEN, None),
    ("PURR", 0, 5, "0x" + "0" * 31 + "1", "Purr"),
    ("HFUN", 2, 8, "0x" + "0" * 31 + "2", None),
)
_PAIRS = ("PURR/USDC", "@1")
_IDLE_PRICE = "1.0"


def spot_meta() -> Json:
    """The pairs and their tokens; all are against USDC, which is the first token."""
    return {
        "universe": [
            {"tokens": [index + 1, 0], "name": name, "index": index, "isCanonical": index == 0}
            for index, name in enumerate(_PAIRS)
        ],
        "tokens": [
            {
                "name": name,
                "szDecimals": size_decimals,
                "weiDecimals": wei_decimals,
                "index": index,
                "tokenId": token_id,
                "isCanonical": index < 2,
                "evmContract": None,
                "fullName": full_name,
                "deployerTradingFeeShare": "0.0",
            }
            for index, (name, size_decimals, wei_decimals, token_id, full_name) in enumerate(_TOKENS)
        ],
    }


def spot_contexts() -> list[Json]:
    """The prices of the pairs, in the order of the universe."""
    return [
        {
            "coin": name,
            "prevDayPx": _IDLE_PRICE,
            "dayNtlVlm": "0.0",
            "dayBaseVlm": "0.0",
            "markPx": _IDLE_PRICE,
            "midPx": None,
            "circulatingSupply": "0.0",
            "totalSupply": "0.0",
        }
        for name in _PAIRS
    ]
