"""`hypertui webhook`: secrets of those who may send alerts, a test, and what became of their alerts."""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.intents import write_intents
from hypertui.cli.places import made_state_folder, state_folder
from hypertui.cli.tables import write_rows
from hypertui.cli.values import typed
from hypertui.cli.webhook_door import hooks_of, secrets_file
from hypertui.core.clock import wall_ms
from hypertui.core.endpoint import ListenAddress
from hypertui.core.files import read_regular
from hypertui.core.intents import verbs_in_words
from hypertui.core.market import plain
from hypertui.core.redaction import printable
from hypertui.intents.gate import SourceRules
from hypertui.settings import Settings, load_settings
from hypertui.trade_tables import is_name
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.message import Misunderstood
from hypertui.webhook.requests import MOST_BYTES
from hypertui.webhook.secrets import HookKind, Hooks, signature

_NOT_TAKEN, _NOT_REACHED = 1, 4
_WITHIN = 5.0  # seconds
_PLACEHOLDER = "HOST"


def webhook(arguments: argparse.Namespace) -> int:
    """Run one of the commands; returns the exit status. Raises ValueError with one line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    match arguments.webhook_command:
        case "new":
            _new(settings, arguments.name, HookKind(arguments.kind))
        case "list":
            _list(settings)
        case "remove":
            Hooks(secrets_file(state_folder(settings))).remove(arguments.name)
            print(f"{arguments.name} has no secret any more: its alerts are refused")
        case "test":
            return _test(settings, arguments)
        case _:
            write_intents(settings, arguments, f"webhook:{arguments.name}" if arguments.name else "")
    return 0


def _new(settings: Settings, name: str, kind: HookKind) -> None:
    if not is_name(name):
        raise ValueError(f"{typed(name)} is no name of up to 32 letters, digits, - and _")
    folder = made_state_folder(settings)
    token = Hooks(secrets_file(folder)).add(name, kind, wall_ms())
    address = f"https://{settings.webhook.host}/hook/{name}"
    if kind is HookKind.PATH:
        print(f"address   {address}/{token}")
        print("          it is the secret: it is printed once, and kept nowhere; only its hash is")
    else:
        print(f"address   {address}")
        print(f"key       {token}")
        print("          each body is signed: X-Hook-Signature: t=SECONDS,v1=HMAC-SHA256(t.body) in hex")
    if settings.webhook.host == _PLACEHOLDER:
        print(f"          set webhook.host: {_PLACEHOLDER} stands for the name that the world reaches you by")
    if name not in settings.webhooks:
        print(f'then      add to config.toml: [webhooks.{name}]  verbs = ["open", "close"]')
    if settings.webhook.listen is None:
        print('then      let the engine listen: [webhook]  listen = "127.0.0.1:9465"')


def _list(settings: Settings) -> None:
    secrets = Hooks(secrets_file(state_folder(settings))).all()
    tables = hooks_of(settings)
    rows = []
    for name in sorted({*tables, *secrets}):
        table, hook = tables.get(name), secrets.get(name)
        rows.append(
            {
                "name": name,
                "trade": "" if table is None else table.rules.trade,
                "verbs": "no [webhooks] table" if table is None else _may(table.rules),
                "secret": "none" if hook is None else hook.kind.value,
                "since": "" if hook is None else _day(hook.created_at),
            }
        )
    write_rows(rows, "table", "no webhook: hypertui webhook new NAME", {})


def _may(rules: SourceRules) -> str:
    return verbs_in_words(sorted(rules.verbs), needs_proof=rules.needs_proof)


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%d}"


def _test(settings: Settings, arguments: argparse.Namespace) -> int:
    name = arguments.name
    table = hooks_of(settings).get(name)
    if table is None:
        raise ValueError(f"there is no [webhooks.{typed(name)}] in the settings")
    body = _stale(table) if arguments.alert is None else _read(arguments)
    if arguments.dry:
        return _dry(table, body)
    hook = Hooks(secrets_file(state_folder(settings))).all().get(name)
    if hook is None:
        raise ValueError(f"{name} has no secret: hypertui webhook new {name}")
    listen = settings.webhook.listen
    headers = {"Content-Type": "application/json"}
    if hook.kind is HookKind.HMAC:
        at = str(int(time.time()))
        headers["X-Hook-Signature"] = f"t={at},v1={signature(hook.secret, at, body)}"
        url = f"https://{settings.webhook.host}/hook/{name}"
    else:
        if sys.stdin.isatty():
            print("address: ", end="", flush=True)
        url = sys.stdin.readline(2_000).strip()
    is_stale = arguments.alert is None
    return _sent(_reachable(url, listen), body, headers, 422 if is_stale else None)


def _reachable(url: str, listen: ListenAddress | None) -> str:
    """The address itself; while it has no name of its own, that of the engine on this machine. Raises
    ValueError, which does not repeat it: it is a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.path.startswith("/hook/"):
        raise ValueError("that is no address that hypertui webhook new has printed; it is read from stdin")
    if parts.netloc != _PLACEHOLDER:
        return url
    if listen is None:
        raise ValueError("webhook.listen is not set: there is nobody to send it to")
    return f"http://{listen}{parts.path}"


def _sent(url: str, body: bytes, headers: dict[str, str], expected: int | None) -> int:
    asked = urllib.request.Request(url, body, headers)
    began = time.monotonic()
    try:
        with urllib.request.urlopen(asked, timeout=_WITHIN) as answer:
            status, said = answer.status, answer.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            status, said = error.code, error.read(MOST_BYTES)
    except OSError as error:
        why = getattr(error, "reason", error)
        print(f"not reached: {printable(str(why))}")
        return _NOT_REACHED
    took = round((time.monotonic() - began) * 1_000)
    print(f"{status} after {took} ms: {printable(said.decode('utf-8', 'replace'))}")
    if expected is not None and status == expected:
        print("the way is open: it was understood, and is an hour too old to act; --file sends yours")
        return 0
    return 0 if status in (200, 202) else _NOT_TAKEN


def _dry(table: HookSettings, body: bytes) -> int:
    try:
        alert = table.alert(body)
    except Misunderstood as error:
        print(f"refused: {error.reason}: {error.text}")
        return _NOT_TAKEN
    if alert.verb not in table.rules.verbs:
        print(f"refused: not-allowed: {alert.verb} is not among its verbs")
        return _NOT_TAKEN
    at = datetime.fromtimestamp(alert.event_at / 1_000, UTC)
    most = "" if alert.most is None else f" with {plain(alert.most)} USD at most"
    wanted = f"{alert.verb} {table.rules.trade}{most}, as of {at:%Y-%m-%d %H:%M:%S} UTC"
    print(f"{wanted}, key {printable(alert.key)}")
    return 0


def _read(arguments: argparse.Namespace) -> bytes:
    try:
        return read_regular(arguments.alert, MOST_BYTES)
    except OSError as error:
        raise ValueError(f"alert {arguments.alert} cannot be read: {error.strerror}") from None


def _stale(table: HookSettings) -> bytes:
    """An alert that nothing can come of: it is an hour old. It shows that the way here is open."""
    verb = min(table.rules.verbs)
    moment = datetime.now(UTC) - timedelta(hours=1)
    return json.dumps({"action": verb.value, "time": moment.isoformat(), "comment": "a test"}).encode()
