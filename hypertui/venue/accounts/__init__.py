"""What belongs to an account: collateral, margin, fees, funding and its agents."""
