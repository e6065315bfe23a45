"""The version of a trade's state as it is kept."""

# To be raised with every change of what is kept or of what it means: a state of another version is ignored,
# and all inputs are replayed.
VERSION = 10
