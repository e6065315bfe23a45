"""A parser that refuses in one line, in words of its own, and repeats no secret."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from hypertui.core.redaction import HIDDEN, printable, without_secrets

# How somebody would call a flag for a secret, and a word that may be a key with a mistake in it. Addresses
# (40 hex digits) and client ids (32) are not taken for one.
_SECRET_FLAG = re.compile(r"--?[\w-]*(secret|private|mnemonic|passw|passphrase|key)[\w-]*", re.IGNORECASE)
_NEARLY_A_KEY = re.compile(r"[0-9a-zA-Z]{44,}")
_LONGEST = 300
_NO_VALUE = re.compile(r"argument (\S+): expected one argument")


class OneLineParser(argparse.ArgumentParser):
    """Refuses in one line, as everything here does. What begins with a minus and a digit is a value, and not
    a flag that there is not: whoever reads it says what is wrong with it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        message = _NO_VALUE.sub(r"\1 needs a value", message)
        words = _NEARLY_A_KEY.sub(HIDDEN, without_secrets(message))
        self.exit(2, f"hypertui: {printable(words, _LONGEST)}; {self.prog} --help says what there is\n")


def refuse_secrets(said: Sequence[str]) -> None:
    """Refuse a secret in a flag without repeating it: everybody on the machine can read a command line.
    Raises SystemExit."""
    for word in said:
        flag = word.partition("=")[0]
        if _SECRET_FLAG.fullmatch(flag):
            OneLineParser(prog="hypertui").exit(
                2,
                f"hypertui: {flag} is no flag: others can read a command line; set HYPERTUI_SECRET_KEY, or "
                "account.key_file in the config\n",
            )
