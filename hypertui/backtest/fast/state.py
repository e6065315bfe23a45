"""What the compiled ladder is told of a trade, and what it keeps: records of whole numbers and floats.

Prices are whole numbers with `D` decimals, which both the series and the grid of units have room for; fill
prices have those of the slippage too. Sizes count lots. Money is in *grains*, 10^-`money` USD, so small that
costs are whole numbers of them: kept as a pair of floats (`hypertui.backtest.fast.double_double`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

SLOTS = 4
LOTS = 4096  # purchases whose coins are held at the same time
NEVER = np.iinfo(np.int64).max


class Status(IntEnum):
    """How a window of the series ended."""

    GOES_ON = 0
    ENDED = 1  # by a halt or an exit
    UNDECIDED = 2  # what floats, or these whole numbers, cannot tell: the exact engine has to


class Ending(IntEnum):
    """The exit that has ended the walk, by priority."""

    NOTHING = 0
    HARD_STOP = 1
    SOFT_STOP = 2
    TAKE_PROFIT = 3
    TIME_STOP = 4


class PhaseCode(IntEnum):
    """In the order of the ladder's own phases."""

    ADVANCE = 0
    RETRACEMENT = 1
    DECLINE = 2
    RECOVERY = 3


class ReinvestCode(IntEnum):
    """In the order of the ladder's own rules."""

    RECOVERY = 0
    CONTINUOUS = 1
    OFF = 2


TERMS = np.dtype(
    [
        # the grid: (entry + unit · n) · 10^-raw, rounded
        ("entry", np.int64),
        ("unit", np.int64),
        ("raw", np.int64),
        ("sz_decimals", np.int64),
        ("decimals", np.int64),  # D
        ("scale", np.int64),  # 10^(D - decimals of the series)
        # costs
        ("slip_one", np.int64),  # 10^ the decimals of the slippage
        ("slip", np.int64),
        ("fee_one", np.float64),
        ("fee", np.float64),
        ("funding", np.float64, (2,)),  # grains an hour for a lot at a price of 1 (D decimals)
        # the ladder
        ("reinvest", np.int64),
        ("limit_one", np.int64),  # 10^ the decimals of the stops' slippage
        ("limit", np.int64),  # what is left of a price after it
        ("limit_raw", np.int64),  # decimals of a limit price before it is rounded
        ("limit_usd", np.int64),  # one USD with these
        ("least", np.float64, (2,)),  # the minimum order value, in lots times such a price
        ("size_one", np.float64, (2,)),  # 4 F / (P · this) is a size in lots
        ("per_price", np.float64),  # grains that one lot gains with one step of the series' price
        ("close_to", np.float64),  # grains within which nothing is decided; 0 where all of them are whole
        ("most", np.int64),  # prices (D decimals) above this do not fit
        # exits: fractions as whole numbers of 1 / part_one, 0 where not wanted
        ("part_one", np.float64),
        ("hard", np.float64),
        ("soft", np.float64),
        ("target", np.float64),
        ("until", np.int64),  # the time stop (ms)
        ("exits", np.bool_),
    ]
)

STATE = np.dtype(
    [
        ("unit", np.int64),
        ("steps", np.int64),
        ("fills", np.int64),
        ("long", np.int64),  # slots that are
        ("phase", np.int64),
        ("declined", np.bool_),  # the last pure phase was decline
        ("below", np.int64),  # prices of the units next to the current one, and of that
        ("here", np.int64),
        ("above", np.int64),
        ("digits", np.int64),  # of the last price rounded
        ("low", np.int64),  # a price of the series here or below matters, as does one
        ("high", np.int64),  # here or above
        ("position", np.int64),
        ("coins", np.int64, (SLOTS,)),  # of the long slots, lowest stop first
        ("buys", np.int64, (SLOTS,)),  # sizes, the nearest first
        ("sold_at", np.int64, (SLOTS,)),  # fill price of the sale that each of them refills,
        ("sold", np.int64, (SLOTS,)),  # and its size
        ("first_lot", np.int64),  # of the purchases that are held: a range of the array of lots
        ("after_lots", np.int64),
        ("cash", np.float64, (2,)),  # grains: the net PnL if the coins were worth nothing, which is also
        # what is realised while none are held
        ("at_entry", np.float64, (2,)),  # four times the fragment, as below
        ("fragments", np.float64, (2,)),
        ("reinvested", np.float64, (2,)),
        ("slope", np.float64, (2,)),  # grains that the position gains with a step of the series' price
        ("fees", np.float64),
        ("slipped", np.float64),  # in grains without the fee's decimals
        ("funding", np.float64, (2,)),
        ("whipsaw", np.float64),
        ("round_trips", np.int64),
        ("peak", np.float64),
        ("deepest", np.float64),
        ("noted", np.float64, (2,)),  # the net PnL when the phase last changed by a step,
        ("noted_phase", np.int64),  # and the phase since then
        ("phase_pnl", np.float64, (4, 2)),
        ("phase_steps", np.int64, (4,)),
        ("hour", np.int64),
        ("price", np.int64),  # the last one of the series that was walked
        ("block", np.int64),  # how many blocks have ended
        ("walked", np.int64),  # prices
        # exits
        ("hard_at", np.int64),  # prices with D decimals, 0 where there is none
        ("soft_at", np.int64),
        ("target_at", np.int64),  # NEVER where there is none
        ("hard_now", np.bool_),  # due whatever the price is
        ("target_now", np.bool_),
        ("due", np.int64),
        ("soft_since", np.int64),  # -1 while it is not counted
        ("soft_last", np.int64),
        ("soft_price", np.int64),
        ("soft_prices", np.int64),
        # the end
        ("halted", np.bool_),
        ("halted_unit", np.int64),
        ("halted_size", np.int64),
        ("halted_fragments", np.float64, (2,)),  # as above, of then: an exit may still sell at that price
        ("undecided", np.bool_),
    ]
)

STEP = np.dtype(
    [
        ("tick", np.int64),
        ("price", np.int64),
        ("up", np.bool_),
        ("unit", np.int64),
        ("phase", np.int64),
        ("long", np.int64),
        ("halted", np.bool_),
        ("position", np.int64),
        ("fragments", np.float64, (2,)),
        ("realized", np.float64, (2,)),
    ]
)

Records = NDArray[Any]
