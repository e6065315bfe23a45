"""Price series as columns of whole numbers: long ones, for the compiled backtest, sweeps and generators.

`prices` reads whatever holds prices, exactly, and needs nothing that is not installed everywhere; so do
`frames` and `recording`. The rest needs NumPy, which comes with the extras `fast` and `data`, some of it
polars (`data`): nothing outside imports that before it is asked for such a series.
"""
