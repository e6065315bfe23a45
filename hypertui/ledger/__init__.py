"""Accounting derived from the journal, never stored: lots, round trips, profit and loss, discrepancies."""
