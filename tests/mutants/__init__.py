"""Thirty lines that matter, broken one at a time: each has to be noticed."""
