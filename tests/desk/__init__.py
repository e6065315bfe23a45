"""Several trades in one engine for minutes, in quick markets, with the venue's limits on."""
