"""`hypertui record`: every public frame of some markets, into a folder, until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import signal
from contextlib import aclosing, suppress

from hypertui.cli import streams
from hypertui.cli.public_endpoint import endpoint
from hypertui.cli.values import integer, seconds, typed
from hypertui.core.clock import wall_ms
from hypertui.core.phrases import counted
from hypertui.core.redaction import printable
from hypertui.exchange.hyperliquid.frame_feed import FeedGap, frames
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.pace import Pace
from hypertui.exchange.hyperliquid.public_data import PublicData
from hypertui.exchange.protocol import ExchangeError
from hypertui.series.recording.writer import RecordingWriter

_NOT_REACHED = 4
_MEGABYTE = 1_000_000


def record(arguments: argparse.Namespace) -> int:
    """Run the command; returns the exit status: 0 ended by a signal or --for, 4 exchange not reached at the
    start. Raises ValueError with one line for bad input, and where the folder cannot be written to."""
    rotate = integer("rotate-mb", arguments.rotate_mb)
    if rotate < 1:
        raise ValueError(f"rotate-mb {typed(arguments.rotate_mb)} is below 1")
    run_for = None if arguments.run_for is None else seconds("for", arguments.run_for)
    network = endpoint(arguments)
    symbols = list(dict.fromkeys(arguments.symbols))
    writer = RecordingWriter(arguments.out, rotate * _MEGABYTE)
    try:
        asyncio.run(_until_told(network, symbols, writer, run_for))
    except ExchangeError as error:
        streams.complain(printable(str(error)))
        return _NOT_REACHED
    except OSError as error:
        raise ValueError(f"{arguments.out} cannot be written: {error.strerror or error}") from None
    streams.say(f"{arguments.out}: {writer.lines:,} frames in {counted(writer.files, 'file')}")
    return 0


async def _until_told(
    network: Endpoint, symbols: list[str], writer: RecordingWriter, run_for: float | None
) -> None:
    await _check(network, symbols)
    recording = asyncio.create_task(_record(network, symbols, writer))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as by nohup
            loop.add_signal_handler(number, recording.cancel)
    if run_for is not None:
        loop.call_later(run_for, recording.cancel)
    with suppress(asyncio.CancelledError):
        await recording


async def _check(network: Endpoint, symbols: list[str]) -> None:
    source = PublicData(network)
    try:
        known = await source.symbols()
    finally:
        await source.close()
    for symbol in symbols:
        if symbol not in known:
            raise ValueError(f"the exchange has no market {symbol!r}")


async def _record(network: Endpoint, symbols: list[str], writer: RecordingWriter) -> None:
    streams.complain(f"records {', '.join(symbols)}; Ctrl-C ends it")
    try:
        async with aclosing(frames(network, symbols, Pace())) as feed:
            async for frame in feed:
                if frame is None:
                    writer.flush()
                elif isinstance(frame, FeedGap):
                    writer.gap(wall_ms(), frame.reason)
                    writer.flush()
                    streams.complain(printable(frame.reason))
                else:
                    writer.frame(wall_ms(), frame)
    finally:
        writer.close()
