"""nautilus_trader over the same prices, with a strategy that listens and does nothing: its engine alone."""

import time
from typing import Any

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType
from nautilus_trader.model.identifiers import TradeId, Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy
from numpy.typing import NDArray


class _Listens(Strategy):
    def on_start(self) -> None:
        self.subscribe_trade_ticks(TestInstrumentProvider.btcusdt_perp_binance().id)

    def on_trade_tick(self, tick: Any) -> None:
        pass


def ticks_per_s(prices: NDArray[np.int64]) -> float:
    """How many ticks it walks in a second; making them is not counted."""
    instrument = TestInstrumentProvider.btcusdt_perp_binance()
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, [Money(1_000_000, USDT)], base_currency=None
    )
    engine.add_instrument(instrument)
    size, aggressor = Quantity.from_str("0.001"), AggressorSide.BUYER
    engine.add_data(
        [
            TradeTick(
                instrument.id, Price(price / 100, 1), size, aggressor, TradeId(str(number)), number, number
            )
            for number, price in enumerate(prices.tolist(), start=1)
        ]
    )
    engine.add_strategy(_Listens(StrategyConfig()))
    began = time.process_time()
    engine.run()
    return len(prices) / (time.process_time() - began)
