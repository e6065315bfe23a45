"""Prices and books: where prices come from, what is offered at which level, and what trades at them."""
