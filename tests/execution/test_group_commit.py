"""Whatever the order in which trades ask and commits end: a receipt comes after its rows, and it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from hypertui.execution.group_commit import GroupCommit
from hypertui.journal import Journal, JournalDown, JournalError
from hypertui.journal.batch import Batch, Refusals, share
from hypertui.journal.records import AlarmRecord, FundingRecord, InputRecord, TradeRecord
from tests.simulation.loop import VirtualLoop, run

TRADES = [TradeRecord(f"{number + 1:016x}", "paper", "0xa1", f"C{number}", 1, {}) for number in range(4)]


class Stepped(GroupCommit):
    """Commits that end when they are told to."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.under_way: tuple[asyncio.Future[Refusals], Batch] | None = None
        self.modes: list[bool] = []

    def _writing(self, batch: Batch, at_once: bool) -> asyncio.Future[Refusals]:
        assert self.under_way is None, "one at a time"
        done: asyncio.Future[Refusals] = asyncio.get_running_loop().create_future()
        self.under_way = done, batch
        self.modes.append(at_once)
        return done

    async def end(self, *, writes: bool = True, fails: bool = False) -> None:
        """End the commit under way, if there is one; a failure may have written everything."""
        if self.under_way is None:
            return
        (done, batch), self.under_way = self.under_way, None
        refused: Refusals = self.journal.write(batch) if writes or not fails else {}
        if fails:
            done.set_exception(JournalDown("down"))
        else:
            done.set_result(refused)
        await asyncio.sleep(0)


def play(course: Callable[[Stepped, Path], Awaitable[None]]) -> None:
    """A course with four trades in one file, in virtual time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        journal = Journal.open(f"sqlite:///{path}")
        journal._session.disconnect()
        event.listen(
            journal._session.database.engine,
            "connect",
            lambda raw, _: raw.execute("PRAGMA synchronous = OFF"),
        )
        for trade in TRADES:
            journal.begin(trade)

        async def whole() -> None:
            await course(Stepped(journal), path)

        run(VirtualLoop(0.0), whole())
        journal._session.close()


def queue(group: Stepped, trade: int, seq: int) -> None:
    group.journal.add(InputRecord(TRADES[trade].id, seq, seq, "mark", {}))


def ask(group: Stepped, trade: int, after: float = 0.0, at_once: bool = True) -> asyncio.Future[None]:
    return group.commit_beside(TRADES[trade].id, at_once=at_once, after=after)


def test_a_delay_holds_up_nobody_else_and_who_is_delayed_may_come_along() -> None:
    async def course(group: Stepped, _path: Path) -> None:
        queue(group, 0, 1)
        late = ask(group, 0, after=5.0)
        assert group.under_way is None
        queue(group, 1, 1)
        now = ask(group, 1)
        await group.end()
        assert now.done()
        assert late.done()
        queue(group, 0, 2)
        late = ask(group, 0, after=5.0)
        await asyncio.sleep(4.9)
        assert group.under_way is None
        await asyncio.sleep(0.2)
        await group.end()
        assert late.done()

    play(course)


def test_who_comes_to_wait_is_waited_for_once() -> None:
    async def course(group: Stepped, _path: Path) -> None:
        waiting = []
        for trade in range(3):
            queue(group, trade, 1)
            waiting.append(ask(group, trade, after=5.0))
            await asyncio.sleep(4.0)
        assert group.under_way is None
        await asyncio.sleep(1.1)
        await group.end()
        assert all(each.done() for each in waiting)

    play(course)


def test_nobody_waits_for_more_than_the_commit_under_way_and_the_next() -> None:
    async def course(group: Stepped, _path: Path) -> None:
        for trade in range(4):
            queue(group, trade, 1)
        first = ask(group, 0)
        along = ask(group, 1)  # its rows are in that commit already
        queue(group, 2, 2)
        behind = ask(group, 2)  # not all of its rows are
        queue(group, 0, 2)
        again = ask(group, 0)
        await group.end()
        assert [each.done() for each in (first, along, behind, again)] == [True, True, False, False]
        assert group.under_way is not None, "the next begins at once"
        await group.end()
        assert behind.done()
        assert again.done()
        assert group.under_way is None
        assert ask(group, 3).done(), "it was written with the others"

    play(course)


def test_an_outage_is_told_to_all_who_wait_and_at_once_to_who_has_no_patience() -> None:
    async def course(group: Stepped, _path: Path) -> None:
        for trade in range(4):
            queue(group, trade, 1)
        under_way = ask(group, 0)
        queue(group, 1, 2)
        waiting = [ask(group, 1), ask(group, 1, after=5.0), ask(group, 1, at_once=False)]
        await group.end(writes=False, fails=True)
        assert [type(each.exception()) for each in (under_way, *waiting)] == [JournalDown] * 4
        assert isinstance(ask(group, 2).exception(), JournalDown)
        assert group.under_way is None
        patient = ask(group, 3, at_once=False)
        assert isinstance(ask(group, 2).exception(), JournalDown)
        assert group.modes == [True, False]
        await group.end()
        assert patient.result() is None
        assert group.journal.pending == 0, "one attempt was enough for all"

    play(course)


class Course:
    """What was asked for, and whether the file has it."""

    def __init__(self, group: Stepped, path: Path) -> None:
        self.group = group
        self.path = path
        self.early: list[str] = []
        self.open: set[asyncio.Future[None]] = set()
        self.seqs = [0] * 4
        self.refused: set[int] = set()
        self.gone: set[int] = set()

    def queue(self, trade: int, rows: int) -> None:
        if trade in self.gone:
            return
        for _ in range(rows):
            self.seqs[trade] += 1
            queue(self.group, trade, self.seqs[trade])

    def contradict(self, trade: int) -> None:
        """What was written in two ways is refused for good."""
        if trade not in self.gone:
            for amount in (Decimal(1), Decimal(2)):
                self.group.journal.add(FundingRecord(TRADES[trade].id, 1, amount))
            self.refused.add(trade)

    def end(self, trade: int) -> None:
        if trade not in self.gone:
            self.group.journal.end(TRADES[trade].id, 9, "flat")
            self.gone.add(trade)

    def give_up(self, trade: int) -> None:
        self.gone.add(trade)
        self.group.journal.give_up(TRADES[trade].id)
        self.seqs[trade] = 0

    def ask(self, trade: int, after: float, at_once: bool) -> None:
        wanted, ends = self.seqs[trade], trade in self.gone and self.seqs[trade] > 0
        receipt = ask(self.group, trade, after, at_once)
        self.open.add(receipt)

        def look(receipt: asyncio.Future[None]) -> None:
            self.open.discard(receipt)
            error = receipt.exception()
            if error is None and self.seqs[trade]:
                self._check(trade, wanted, ends)
            elif error is not None and not isinstance(error, JournalDown) and trade not in self.refused:
                self.early.append(f"{trade} hears of somebody else's trouble: {error}")

        receipt.add_done_callback(look)

    def _check(self, trade: int, wanted: int, ends: bool) -> None:
        with Journal.open(f"sqlite:///{self.path}") as other:
            found = [row.seq for row in other.inputs(TRADES[trade].id)]
            there = other.trade(TRADES[trade].id)
        if len(found) < wanted:
            self.early.append(f"{trade} was told of {wanted} rows, there are {len(found)}")
        if ends and (there is None or there.ended_at is None):
            self.early.append(f"{trade} was told of its end")


_TRADE = st.integers(0, 3)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("queue"), _TRADE, st.integers(1, 9)),
        st.tuples(st.just("ask"), _TRADE, st.sampled_from([0.0, 0.0, 0.5]), st.booleans()),
        st.tuples(st.just("commit"), st.sampled_from(["written", "down", "unknown"])),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0])),
        st.tuples(st.sampled_from(["contradict", "end", "give up"]), _TRADE),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(_STEPS)
def test_a_receipt_comes_after_its_rows_and_it_comes(steps: list[tuple[object, ...]]) -> None:
    async def course(group: Stepped, path: Path) -> None:
        seen = Course(group, path)
        for step in steps:
            match step:
                case "queue", int(trade), int(rows):
                    seen.queue(trade, rows)
                case "ask", int(trade), float(after), bool(at_once):
                    seen.ask(trade, after, at_once)
                case "commit", outcome:
                    await group.end(writes=outcome != "down", fails=outcome != "written")
                case "wait", float(seconds):
                    await asyncio.sleep(seconds)
                case "contradict", int(trade):
                    seen.contradict(trade)
                case "end", int(trade):
                    seen.end(trade)
                case "give up", int(trade):
                    seen.give_up(trade)
            await asyncio.sleep(0)
        await asyncio.sleep(1.0)
        while group.under_way is not None:
            await group.end()
        await asyncio.sleep(0)
        assert not seen.early
        assert not seen.open, "nobody waits for ever"
        for trade in range(4):
            seen.ask(trade, 0.0, False)
        while group.under_way is not None:
            await group.end()
        await asyncio.sleep(0)
        assert not seen.early
        for trade in set(range(4)) - seen.refused:
            assert group.journal.pending_of(TRADES[trade].id) == 0

    play(course)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(8, 100))
def test_a_batch_is_shared_out_fairly(queues: list[int], most: int) -> None:
    shares = share({str(number): queue for number, queue in enumerate(queues)}, most)
    taken = [shares[str(number)] for number in range(len(queues))]
    assert sum(taken) <= most
    assert sum(taken) == min(most, sum(queues)) or max(taken) < max(queues)
    for queue, part in zip(queues, taken, strict=True):
        assert part <= queue
        assert part == queue or part >= max(taken) - 1, "nobody who waits on got less than another"


def test_a_defect_is_told_to_who_waits_for_it() -> None:
    async def course(group: Stepped, _path: Path) -> None:
        queue(group, 0, 1)
        receipt = ask(group, 0)
        queue(group, 1, 1)
        behind = ask(group, 1)
        assert group.under_way is not None
        (done, _), group.under_way = group.under_way, None
        done.set_exception(ValueError("no"))
        await asyncio.sleep(0)
        assert isinstance(receipt.exception(), ValueError)
        await group.end()
        assert behind.result() is None

    play(course)


def test_no_trade_hears_of_a_row_that_is_refused_later() -> None:
    async def course(group: Stepped, _path: Path) -> None:
        group.journal.add(
            FundingRecord(TRADES[0].id, 1, Decimal(1)), AlarmRecord(TRADES[0].id, 1, "a", "b", "c", True)
        )
        first = ask(group, 0)
        group.journal.add(FundingRecord(TRADES[0].id, 1, Decimal(2)))
        second = ask(group, 0)
        await group.end()
        assert first.result() is None
        await group.end()
        assert isinstance(second.exception(), JournalError)

    play(course)
