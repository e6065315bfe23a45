"""Golden files: what came from outside is kept as data, what the engine decided is made anew and compared.

A tape holds one trade's whole outside world: prices, notices, answers, commands, starts and deaths, with
their times. Played to the engine, it gives decisions, and those are compared with the ones that were kept. A
change of the house that is meant to change no behaviour leaves every one of them as it was.
"""
