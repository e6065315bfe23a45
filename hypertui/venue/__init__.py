"""A local exchange that speaks Hyperliquid's protocol for perpetuals, for paper trading and tests.

By layers, each of which knows only those before it: `model` has the nouns, `market` prices and books,
`accounts` what belongs to somebody, `trading` the course of an order. `core.Core` is the exchange itself:
synchronous, without I/O, time passed in. `faults` is what goes wrong on demand, `api` what clients are
offered, `state` the file that outlives the process. `server` puts it behind HTTP and WebSocket on the
loopback interface, `control` is for whoever runs it, and `serve` takes it from its options to its end.
Nothing is ever sent to another machine but `market.mirrored_prices`' subscriptions to public prices, and what
is signed for mainnet is refused.
"""
