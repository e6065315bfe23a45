"""A local exchange that speaks Hyperliquid's protocol for perpetuals, for paper trading and tests.

`core.Core` is the exchange itself: synchronous, without I/O, time passed in. `gateway.Gateway` checks signed
requests before they reach it, `info.Info` answers questions, `doors.Doors` weighs both, `hub.Hub` serves the
sessions of sockets and `feeds.Broadcaster` turns the core's events into their messages. `server.VenueServer`
puts all of it behind HTTP and WebSocket on the loopback interface; `control.ControlDoor` is for whoever runs
it, `faults.Faults` for what is to go wrong. Nothing is ever sent to another machine but `follow`'s
subscriptions to public prices, and what is signed for mainnet is refused.
"""
