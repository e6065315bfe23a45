"""Prices that nobody has traded: drawn from a model or from a series' own moves, always by a seed."""
