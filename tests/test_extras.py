"""Optional libraries: what is there is loaded when it is asked for, what is not is told in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hypertui.core.extras import has, require


def test_a_library_that_is_missing_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(ValueError) as caught:
        require("no_such_library.part", "data", "a Parquet file")
    assert str(caught.value) == "a Parquet file needs no_such_library: pip install 'hypertui[data]'"
    assert not has("no_such_library")


def test_a_part_of_a_library_is_loaded_by_its_name() -> None:
    assert require("json.decoder", "data", "a test").JSONDecoder.__name__ == "JSONDecoder"


def test_a_library_is_looked_for_without_being_loaded() -> None:
    program = "import sys; from hypertui.core.extras import has; print(has('numpy'), 'numpy' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "True False\n"


def test_the_command_and_its_console_load_no_optional_library() -> None:
    program = (
        "import sys, hypertui, hypertui.cli.arguments, hypertui.cli.trade, hypertui.console.app\n"
        "late = 'numba polars optuna distributed dask numpy scipy zstandard resvg_py'.split()\n"
        "print([name for name in late if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
