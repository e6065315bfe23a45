"""A local exchange that speaks Hyperliquid's protocol for perpetuals, for paper trading and tests.

`core.Core` is the exchange itself: synchronous, without I/O, time passed in. `gateway.Gateway` checks signed
requests before they reach it, `info.Info` answers questions, `feeds.Hub` turns its events into feed messages,
and `server.VenueServer` puts all of it behind HTTP and WebSocket on the loopback interface. It never talks to
another machine and refuses what is signed for mainnet.
"""
