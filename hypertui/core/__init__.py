"""Nouns for everybody: markets, orders and fills, first in, first out, price series, time, and words."""
