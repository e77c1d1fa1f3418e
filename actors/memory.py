"""What an actor keeps in memory: its book, and what is under way because of it."""

import structlog

from headrace.actors.due import ParkedLegs
from headrace.actors.leg_sender import LegSender
from headrace.actors.leg_waiters import LegWaiters
from headrace.actors.writer import Writer
from headrace.runtime.ledger import load
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.open_leg import OpenLeg

log = structlog.get_logger("headrace.partition")


class Memory:
    """A cache of what is committed: begun anew from the ledger at the start and on any doubt."""

    def __init__(
        self, book: Book, writer: Writer, legs: LegSender, parked: ParkedLegs, waiters: LegWaiters,
        legs_page: int,
    ) -> None:  # fmt: skip
        """`legs_page`: open legs that are read at once."""
        self.book = book
        self._writer = writer
        self._legs = legs
        self._parked = parked
        self._waiters = waiters
        self._legs_page = legs_page

    def forget(self) -> None:
        """No more legs are sent: whoever loads the partitions finds them in the ledger."""
        self._legs.forget()

    async def load(self, *, first: bool) -> None:
        """Takes the partitions over, as Writer.take_over does, and starts again: open legs are sent
        at once, everything else is loaded when needed. Raises what that raises."""
        taken = await self._writer.take_over(first=first)
        book, reader = self.book, self._writer.reader
        book.forget_all()
        legs: list[OpenLeg] = []
        for number, (partition, transit_from) in taken.items():
            found = await load.open_legs(reader, number, transit_from, self._legs_page)
            book.take_over(partition, found)
            legs += found
        parked = await self._parked.found(reader, self._writer.partitions)
        self._legs.hold_back([leg for leg in legs if (leg.partition, leg.seq) in parked])
        self._legs.send([leg for leg in legs if (leg.partition, leg.seq) not in parked], again=True)
        self._waiters.loaded()
        log.info("loaded", holder=self._writer.holder, partitions=len(taken), open_legs=len(legs))

    def committed(self, batch: Batch) -> None:
        """A batch is durable: its legs are sent, and who waited for a leg's end is told."""
        self.book.committed(batch)
        if batch.legs_opened:
            self._legs.send(batch.legs_opened)
        self._waiters.committed(batch)
