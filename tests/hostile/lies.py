"""What an exchange could mean and does not: well-formed JSON that is false."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

Json = Any


def lied(text: str, random: Random) -> str:
    """`text` with one thing in it that is not so; unchanged where nothing in it is worth a lie."""
    document = json.loads(text)
    rows = [row for row in _objects(document) if any(row.keys() >= keys for keys, _ in _LIES)]
    if not rows:
        return text
    row = random.choice(rows)
    lies = [lie for keys, lie in _LIES if row.keys() >= keys]
    random.choice(lies)(row, random)
    return json.dumps(document)


def _objects(document: Json) -> list[dict[str, Json]]:
    if isinstance(document, list):
        return [found for part in document for found in _objects(part)]
    if isinstance(document, dict):
        return [document, *(found for part in document.values() for found in _objects(part))]
    return []


def _scaled(name: str) -> Callable[[Json, Random], None]:
    def scale(row: Json, random: Random) -> None:
        row[name] = str(Decimal(row[name]) * random.choice((10, 2, Decimal("0.5"), Decimal("0.1"))))

    return scale


def _other(name: str, *values: Json) -> Callable[[Json, Random], None]:
    def replace(row: Json, random: Random) -> None:
        row[name] = random.choice(values)

    return replace


def _another_trade(row: Json, random: Random) -> None:
    row["tid"] = random.getrandbits(40)


# By the fields that an object has to have.
_LIES: tuple[tuple[set[str], Callable[[Json, Random], None]], ...] = (
    ({"markPx"}, _scaled("markPx")),
    ({"szi"}, _scaled("szi")),
    ({"tid"}, _another_trade),
    ({"tid", "sz"}, _scaled("sz")),
    ({"tid", "px"}, _scaled("px")),
    ({"tid", "side"}, _other("side", "A", "B")),
    ({"tid", "cloid"}, _other("cloid", None, "0x" + "ab" * 16)),
    ({"limitPx", "origSz"}, _scaled("sz")),
    ({"status", "statusTimestamp"}, _other("status", "open", "filled", "canceled", "triggered", "rejected")),
    ({"resting"}, _other("resting", {"oid": 7})),
    ({"filled"}, _other("filled", {"oid": 7, "totalSz": "1.0", "avgPx": "100.0"})),
    ({"assetPositions"}, _other("assetPositions", [])),
)
