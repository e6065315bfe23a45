"""The door for alerts by HTTP: who may come in, what an alert says, and the answer."""
