"""The compiled backtest: searches and walks over whole numbers, by numba (the extra `fast`)."""
