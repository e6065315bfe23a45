"""Price series as columns of whole numbers: long ones, for the compiled backtest, sweeps and generators.

Needs NumPy, which comes with the extras `fast` and `data`; nothing outside imports this room before it is
asked for such a series.
"""
