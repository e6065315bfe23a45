"""Events are handled one at a time; a look at what time alone changes serves all who have asked for it."""

from __future__ import annotations

import asyncio

from hypertui.runtime.event_queue import EventQueue


def looks_of(*asked: str) -> list[str]:
    """What had been taken at each look, where the queue was asked for this while it was busy."""

    async def course() -> list[str]:
        taken: list[str] = []
        looks: list[str] = []
        queue = EventQueue[str](taken.append, lambda: looks.append("".join(taken)))
        for each in asked:
            if each == "wake":
                queue.wake()
            else:
                queue.post(each)
        await queue.run_until(lambda: False, 0)
        queue.wake()
        await queue.run_until(lambda: False, 0)
        return looks

    return asyncio.run(course())


def test_who_asks_again_before_the_look_is_served_by_it() -> None:
    assert looks_of("wake", "wake", "wake") == ["", ""]


def test_a_look_is_taken_after_each_event() -> None:
    assert looks_of("a", "wake", "b", "wake") == ["a", "a", "ab", "ab"]


def test_what_is_abandoned_keeps_nobody_from_asking() -> None:
    async def course() -> list[str]:
        looks: list[str] = []
        queue = EventQueue[str](lambda _: None, lambda: looks.append("look"))
        queue.wake()
        await queue.abandon()
        queue.wake()
        await queue.run_until(lambda: bool(looks))
        return looks

    assert asyncio.run(course()) == ["look"]


def test_an_event_knows_how_long_it_has_waited() -> None:
    async def course() -> list[int]:
        waited: list[int] = []
        queue = EventQueue[str](lambda _: waited.append(queue.waited), lambda: None)
        queue.post("one")
        await asyncio.sleep(0.03)
        queue.post("two")
        await queue.run_until(lambda: len(waited) == 2)
        return [*waited, queue.waited]

    first, second, after = asyncio.run(course())
    assert first >= 29 and second < first and after == 0
