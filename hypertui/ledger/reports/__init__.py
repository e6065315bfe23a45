"""The ledger's reports: lists, profit and loss, cycles, exits, equity and drawdown, and an HTML page."""
