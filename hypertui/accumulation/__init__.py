"""A share of each day's profit that moves from the margin to the spot wallet, once and no more."""
