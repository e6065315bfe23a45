"""Taking up what is there: by comparison, by adoption, or from what the exchange still tells."""
