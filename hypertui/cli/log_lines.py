"""The lines of the log: events, and what libraries and defects say, as JSON objects of one form."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

from hypertui.core.redaction import without_secrets
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Severity

_WHOLE = "event as a whole"


def formatter(told: str) -> logging.Formatter:
    """What makes a line of a record. That of an event has the event's own record as the attribute `told`."""
    return ProcessorFormatter(
        foreign_pre_chain=[partial(_in_one_form, told)],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _taken_out,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
    )


def _in_one_form(told: str, _logger: object, _name: str, values: Any) -> Any:
    """One of the engine's events as it is; what libraries and defects say gets the same form."""
    record: logging.LogRecord = values["_record"]
    if (event := getattr(record, told, None)) is not None:
        # As one value to the end: its data may have the names of what is worked out here.
        return values | {_WHOLE: event}
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    severity = Severity.INFO
    if record.levelno >= logging.WARNING:
        severity = Severity.CRITICAL if record.levelno >= logging.ERROR else Severity.WARNING
    values |= {
        "event": EventKind.LOG.value,
        "time": moment.replace("+00:00", "Z"),
        "severity": severity.value,
        "text": values["event"],
        "logger": record.name,
    }
    return values


def _taken_out(_logger: object, _name: str, values: Any) -> Any:
    return values.get(_WHOLE, values)


def _line(values: Any, **_options: object) -> str:
    first = {name: values[name] for name in ("event", "time", "severity", "text")}
    return without_secrets(json.dumps(first | dict(values), default=str))
