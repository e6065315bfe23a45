"""Guards: limits on the risk of a trade and its account, what each says, and what it does at its limit."""
