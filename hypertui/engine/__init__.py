"""What runs trades at an exchange: the engine, each run, its account, commands, and the ways out."""
