"""Before a trade: what the exchange says, what that means, and who has to agree."""
