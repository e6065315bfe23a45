"""The course of an order: what is checked, how it fills, and how a position ends."""
