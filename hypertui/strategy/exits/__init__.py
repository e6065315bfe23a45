"""Exits: rules that end a trade as a whole, whatever its strategy wants, in one order of priority."""
