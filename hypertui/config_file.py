"""`config.toml` as it is read: TOML in UTF-8, keys of any case, and no secret."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypertui.core.files import read_regular
from hypertui.provenance import Place, SettingsError

_MOST_CONFIG = 1_000_000  # bytes
_DEEPEST = 8  # tables within tables


def read_config(file: Path) -> dict[str, Any]:
    """What it says, all keys in lower case. Raises SettingsError."""
    try:
        data = read_regular(file, _MOST_CONFIG)
    except OSError as error:
        raise SettingsError(f"config file {file} cannot be read: {error.strerror}") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SettingsError(f"config file {file} is in UTF-16; TOML is UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"config file {file} cannot be read: is not text in UTF-8") from None
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise SettingsError(f"config file {file} is not TOML: too deeply nested") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"config file {file} is not TOML: {error}") from None
    except (ValueError, ArithmeticError):  # thousands of digits, an exponent that no decimal has
        raise SettingsError(f"config file {file} holds a number beyond reason") from None
    values = _lower(values, file)
    if "secret_key" in values:
        raise SettingsError(f"config file {file} holds a secret key; keep it in a file of its own (key_file)")
    notices = values.get("notices")
    if isinstance(notices, Mapping) and "heartbeat_url" in notices:
        raise SettingsError(
            f"config file {file} holds the heartbeat's address, a secret; keep it in a file of its own "
            "(heartbeat_file)"
        )
    if "trades" in values:
        raise SettingsError(f"trades in {file} is not a setting: each trade is a table [[trade]]")
    return values


def _lower(table: Mapping[str, Any], file: Path, inside: Place = ()) -> dict[str, Any]:
    """The table with its keys in lower case, as the settings have them. Raises SettingsError where two are
    the same then: nobody could say which one counts."""
    if len(inside) > _DEEPEST:
        raise SettingsError(f"config file {file} is too deeply nested at {'.'.join(inside)}")
    written: dict[str, str] = {}
    lower: dict[str, Any] = {}
    for key, value in table.items():
        twin = written.setdefault(key.lower(), key)
        if twin != key:
            first, second = (".".join((*inside, name)) for name in (twin, key))
            raise SettingsError(f"config file {file} has both {first} and {second}: keep one of them")
        place = (*inside, key)
        if isinstance(value, list):
            lower[key.lower()] = [_lower(x, file, place) if isinstance(x, Mapping) else x for x in value]
        else:
            lower[key.lower()] = _lower(value, file, place) if isinstance(value, Mapping) else value
    return lower
