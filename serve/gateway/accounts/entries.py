"""/v1/accounts/{account}/entries: an account's statement, as JSON or CSV."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from headrace.runtime.ledger.cursors import InvalidCursor
from headrace.runtime.ledger.views import Entry, Statement
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.accounts.accounts import FAMILY
from headrace.serve.gateway.accounts.examples import ENTRY
from headrace.serve.gateway.fields import Moment
from headrace.serve.gateway.listing import ListQuery, NextCursor, invalid_cursor
from headrace.serve.gateway.paths import account_in
from headrace.serve.gateway.services import Services
from headrace.serve.http import accept, reply
from headrace.serve.http.csv_table import table
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import NO_STORE, Headers, Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer

CSV = "text/csv"


class EntryQuery(ListQuery, forbid_unknown_fields=True, kw_only=True):
    """Which entries."""

    since: Annotated[Moment, Meta(description="At this moment or later.")] | UnsetType = field(
        default=UNSET, name="from"
    )
    until: Annotated[Moment, Meta(description="Before this moment.")] | UnsetType = field(
        default=UNSET, name="to"
    )


AS_OF = Meta(
    description="All entries before this moment are in the statement: with `to` at it, or earlier,"
    " it stays as it is.",
    examples=["2026-03-01T12:00:00.000001Z"],
)


class EntryList(Struct):
    """A page of a statement, newest first."""

    items: list[Entry]
    next_cursor: NextCursor
    as_of: Annotated[str, AS_OF]


@FAMILY.route(
    "GET",
    "/v1/accounts/{account}/entries",
    "Read an account's statement",
    "Each change of the posted or held balance, newest first, with the balances after it. With"
    " `Accept: text/csv` the page comes as CSV, and its next cursor in the header `Next-Cursor`;"
    " text that a spreadsheet would take for a formula has an apostrophe before it.",
    Answer(
        200,
        "A page.",
        EntryList,
        {"items": [ENTRY], "next_cursor": None, "as_of": "2026-03-01T12:00:00.000001Z"},
    ),
    Answer(
        200,
        "A page.",
        str,
        media=CSV,
        headers=(
            ("Next-Cursor", "`cursor` of the next page; absent where the list ends."),
            ("As-Of", "All entries before this moment are in the statement."),
        ),
    ),
    right=("read", "statement"),
    query=EntryQuery,
    refusals=(Refusal.UNKNOWN_ACCOUNT,),
)
async def list_entries(services: Services, request: Request) -> Reply:
    asked = request.query(EntryQuery)
    with services.admission.reads:
        try:
            page = await services.reader.entries(
                request.tenant, account_in(request), asked.cursor or None, asked.limit,
                asked.since or None, asked.until or None,
            )  # fmt: skip
        except InvalidCursor as error:
            raise invalid_cursor(error) from None
    if page is None:
        raise Problem(Refusal.UNKNOWN_ACCOUNT, field="account")
    wanted = accept.best(request.headers.get(b"accept", b""), ("application/json", CSV))
    return _as_csv(page) if wanted == CSV else reply.json(200, page)


def _as_csv(page: Statement) -> Reply:
    headers: Headers = [(b"content-type", b"text/csv; charset=utf-8; header=present"), NO_STORE]
    headers.append((b"as-of", page.as_of.encode()))
    if page.next_cursor:
        headers.append((b"next-cursor", page.next_cursor.encode()))
    return Reply(200, table(Entry, page.items), headers)
