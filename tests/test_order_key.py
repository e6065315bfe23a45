"""Order keys: as text, in the 16 bits of a client id, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.order_key import CLOSE, OPENING, KeyKind, OrderKey
from hypertui.execution.orders import ClientIds, key_of

numbers = st.integers(0, 255)
keys = st.builds(OrderKey, st.sampled_from(KeyKind), numbers)


@given(keys)
def test_a_key_is_told_by_its_text(key: OrderKey) -> None:
    assert str(key) == f"{key.kind.value}/{key.number}"
    assert OrderKey.parse(str(key)) == key


@given(keys)
def test_a_key_is_told_by_its_code_of_16_bits(key: OrderKey) -> None:
    assert 0 <= key.code < 2**16
    assert OrderKey.of_code(key.code) == key


@given(keys, keys)
def test_two_keys_share_neither_text_nor_code(one: OrderKey, other: OrderKey) -> None:
    assert (one == other) == (str(one) == str(other)) == (one.code == other.code)


def test_every_code_is_that_of_one_key_or_of_none() -> None:
    known = {code: key for code in range(2**16) if (key := OrderKey.of_code(code)) is not None}
    assert all(key.code == code for code, key in known.items())
    assert set(known.values()) == {OrderKey(kind, number) for kind in KeyKind for number in range(256)}


@given(st.integers().filter(lambda code: not 0 <= code < 2**16))
def test_more_than_16_bits_are_no_key(code: int) -> None:
    assert OrderKey.of_code(code) is None


@given(st.integers().filter(lambda number: not 0 <= number < 256), st.sampled_from(KeyKind))
def test_a_number_outside_of_a_byte_is_refused(number: int, kind: KeyKind) -> None:
    with pytest.raises(ValueError, match=f"{number} is not from 0 to 255"):
        OrderKey(kind, number)
    with pytest.raises(ValueError, match=f"{number} is not from 0 to 255"):
        OrderKey.parse(f"{kind.value}/{number}")


@pytest.mark.parametrize("text", ["", "/", "stop", "stop/", "/1", "stop/x", "stop/1/2", "buy/1", "STOP/1"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        OrderKey.parse(text)


@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        key = OrderKey.parse(text)
    except ValueError:
        return
    assert OrderKey.parse(str(key)) == key


@given(keys, st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1), st.integers(1, 5))
def test_a_client_id_names_its_key(key: OrderKey, trade: int, start: int, count: int) -> None:
    ids = ClientIds(trade, start)
    given_away = [ids.next(key) for _ in range(count)]
    assert {key_of(client_id) for client_id in given_away} == {key}
    assert len({*given_away, ids.peek(key)}) == count + 1


def test_the_keys_that_every_trade_has() -> None:
    assert (str(OPENING), str(CLOSE)) == ("opening/0", "close/0")


@pytest.mark.parametrize("text", ["stop/02", "stop/ 2", "stop/+2", "stop/1_0", "stop/٣"])
def test_text_that_is_not_the_keys_own_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no order key"):
        OrderKey.parse(text)
