"""What the exchange is made of: markets, orders and their results, options, time, and its messages."""
