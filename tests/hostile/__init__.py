"""A hostile exchange: what stands between engine and venue delays, loses, doubles, reorders and corrupts."""
