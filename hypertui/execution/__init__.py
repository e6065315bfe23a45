"""The imperative shell of one trade: it carries the strategy's orders to the exchange and the fills back."""
