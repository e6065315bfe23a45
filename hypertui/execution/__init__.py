"""The imperative shell of one trade: it carries the ladder's orders to the exchange and the fills back."""
