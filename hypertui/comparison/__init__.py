"""A session as it was traded against the backtest of its prices: the same steps, and what its fills cost."""
