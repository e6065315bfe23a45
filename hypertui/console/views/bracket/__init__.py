"""The bracket's views: its prices over the course of the market, its orders, and what it waits for."""
