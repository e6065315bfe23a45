"""Signals: what indicators say of closed candles, as scores and states. Nothing here trades.

Pure: candles and facts in, rows out, the same for the same ones, live and in a backtest. A candle that still
grows is no input, so that nothing can look ahead.
"""
