"""JSON with something in it that no exchange can mean; never what could pass for news, which were a lie."""

from __future__ import annotations

import json
from random import Random
from typing import Any

Json = Any

_DEEP = "[" * 50_000
_NO_NUMBER: tuple[Json, ...] = ("NaN", "-Infinity", "1e99", "9" * 60, 1.5, {}, [], True, "", "\x1b[2J")
_NO_INTEGER: tuple[Json, ...] = (-1, 2**63, 10**40, 1.5, "x", True, {}, [])
_NO_FLAG: tuple[Json, ...] = (1, "true", {}, None)
_NO_TEXT: tuple[Json, ...] = (7, {}, [], True)


def corrupted(text: str, random: Random) -> str:
    """`text`, no more to be understood as it was meant."""
    way = random.randrange(6)
    if way == 0:
        return text[: random.randrange(len(text))]
    if way == 1:
        return random.choice(["", "null", "[]", "{}", "7", "NaN", _DEEP, "<html>", '"\\ud800"', "\x00"])
    document = json.loads(text)
    if not _spoil(document, random):
        return "{"
    return json.dumps(document)


def _spoil(document: Json, random: Random) -> bool:
    """Put something impossible in one place; returns whether there was one."""
    places = list(_places(document))
    if not places:
        return False
    owner, key = random.choice(places)
    owner[key] = _impossible(owner[key], random)
    return True


def _places(document: Json) -> list[tuple[Json, Json]]:
    if isinstance(document, dict):
        keys: list[Json] = list(document)
    elif isinstance(document, list):
        keys = list(range(len(document)))
    else:
        return []
    found: list[tuple[Json, Json]] = []
    for key in keys:
        if document[key] is not None:
            found.append((document, key))
            found += _places(document[key])
    return found


def _impossible(value: Json, random: Random) -> Json:
    if isinstance(value, bool):
        return random.choice(_NO_FLAG)
    if isinstance(value, int):
        return random.choice(_NO_INTEGER)
    if isinstance(value, str):
        return random.choice(_NO_NUMBER if _is_number(value) else _NO_TEXT)
    if isinstance(value, list):
        return random.choice([{}, None, "x", 7])
    return random.choice([[], None, "x", 7])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
