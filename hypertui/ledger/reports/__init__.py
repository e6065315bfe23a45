"""What the ledger says: lists, profit, cycles, exits, capital and drawdown, a check, and a page with
charts."""
