"""Accounting, worked out from the journal and never stored: lots, round trips, profit, what disagrees."""
