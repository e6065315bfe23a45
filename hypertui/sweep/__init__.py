"""Many backtests of one series: which settings to try, where they run, and what becomes of their results."""
