"""What is to go wrong on demand, in markets, answers and feeds."""
