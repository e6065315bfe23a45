"""What else a stake would have made over the same prices at the same costs: by holding, by a plain trailing
stop, by the opposite orders, by fills that come late and by random entries. Needs NumPy."""
