"""Client ids: one for each order, in all starts of a process, and what can be read from them."""

from __future__ import annotations

from hypertui.core.order_key import CLOSE, OPENING, KeyKind, OrderKey
from hypertui.execution.orders import ClientIds, key_of, start_number_of, trade_of

_STOP, _ENTRY = OrderKey(KeyKind.STOP, 2), OrderKey(KeyKind.ENTRY, 2)


def test_an_id_tells_of_its_trade_its_key_and_its_start() -> None:
    ids = ClientIds(0xABC, start=3)
    for key in (_STOP, _ENTRY, CLOSE):
        client_id = ids.next(key)
        assert (trade_of(client_id), key_of(client_id), start_number_of(client_id)) == (0xABC, key, 3)
        assert ids.owns(client_id) and not ClientIds(0xABD).owns(client_id)
    assert (key_of(ids.entry(1)), start_number_of(ids.entry(1))) == (OPENING, None)


def test_an_id_is_never_given_twice_in_whatever_order_others_become_known() -> None:
    ids, earlier = ClientIds(7, start=1), ClientIds(7, start=1)
    given = [earlier.next(_STOP) for _ in range(5)]
    for client_id in (given[3], given[1], given[4], given[0]):
        ids.used(client_id)
    assert ids.next(_STOP) not in given
    assert ids.next(_ENTRY) not in given


def test_a_later_start_has_ids_of_its_own() -> None:
    ids = ClientIds(7)
    before = ids.next(_STOP)
    ids.used(ClientIds(7, start=4).next(_ENTRY))
    assert ids.start == 4
    assert ids.next(_STOP) != before
    ids.used(before)
    assert ids.start == 4


def test_what_has_not_the_form_of_an_id_tells_of_nothing() -> None:
    for text in (None, "", "0x12", "0x" + "7" * 32):
        assert key_of(text) is None
        assert start_number_of(text) is None
