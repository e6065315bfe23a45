"""hypertui: a console and an exact engine for the unit-ladder strategy on Hyperliquid perpetuals."""
