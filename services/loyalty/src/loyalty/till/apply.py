"""Applies commands to accounts: each account is settled, its commands take and give in order of arrival, and all of it
is posted at once.

It is settled at an instant behind everything that was settled before, so that what a command does is the last that
happened; of several commands at one instant their facts say which came first.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta

from msgspec import json

from loyalty.account.post import Posting
from loyalty.account.resume import News
from loyalty.account.rows import count_orders, load_accounts
from loyalty.domain.account import Account
from loyalty.domain.purse import Holder, purse_of
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import Rules, load_rules
from loyalty.till.coins import FRACTION
from loyalty.till.command import Answer, Command, KeyName
from loyalty.till.key_rows import KeyRow, Stored, insert_answers, load_answers
from loyalty.till.large import decide_large
from loyalty.till.purse_rows import standing_of
from loyalty.till.refusals import NOT_READY, REUSED, TOO_LARGE, UNKNOWN
from loyalty.till.rows import present_among
from mandegar.customers.group_commit import Applied
from mandegar.customers.locking import lock_customers
from mandegar.customers.waiting import add_settlings
from mandegar.database import WorkerConnection
from mandegar.database.audit import write_acts
from mandegar.database.transaction import savepoint
from mandegar.documents.rows import share_lock
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us, to_us
from mandegar.stream import TakesLonger, beside
from mandegar.web.json_answer import as_bytes

# Answers that a repetition may well not have, and the code of a refusal after which the request is made right.
_PASSING = (UNKNOWN, NOT_READY, TOO_LARGE)
_MADE_RIGHT = FRACTION[1]
# Accounts with more orders go on from what is remembered of them.
WALKED_MAX = 200
# One that was just brought up to date and is still not remembered never will be, as long as its rules ask for all that
# was before: it is walked here, which takes a second for so many orders.
NEVER_REMEMBERED_MAX = 12_000
JUST_SETTLED = timedelta(minutes=1)
_BEHIND = timedelta(microseconds=1)


class _NotRemembered(Exception):
    """A customer must be walked after all: what was decided in this step is rolled back."""

    def __init__(self, customer: CustomerKey) -> None:
        super().__init__(customer)
        self.customer = customer


async def apply(
    commands: Sequence[Command], connection: WorkerConnection, now: datetime, *, partitions: int
) -> Applied[Answer]:
    """Apply the commands in one transaction. Answers have ``as_of``, and the ``version`` after all of them."""
    customers = await _lock(connection, {command.named for command in commands}, partitions)
    stored = await load_answers(connection, {name for command in commands if (name := command.key_name)})
    answers: dict[int, Answer] = {}
    first: dict[KeyName, Command] = {}
    new: list[Command] = []
    for command in commands:
        name = command.key_name
        if (customer := customers.get(command.named)) is None:
            answers[id(command)] = NOT_READY if command.named in customers else UNKNOWN
            continue
        command.customer = customer
        if name in stored:
            answers[id(command)] = _repeated(command, stored[name])
        elif name is None or first.setdefault(name, command) is command:
            new.append(command)
    outgoing: list[Event] = []
    while new:
        decided, events = await _carry_out(new, connection, now)
        answers |= decided
        outgoing += events
        new = []
        for command in commands:  # those that came with a key of another one of this transaction
            name = command.key_name
            if id(command) in answers or name is None or id(first[name]) not in answers:
                continue
            answer = answers[id(first[name])]
            repeated = _repeated(command, _stored(first[name], answer))
            if repeated is REUSED and _leaves_key(answer):  # it is made right at once
                first[name] = command
                new.append(command)
            else:
                answers[id(command)] = repeated
    return Applied([answers[id(command)] for command in commands], outgoing)


async def _lock(
    connection: WorkerConnection, named: Collection[CustomerKey], partitions: int
) -> dict[CustomerKey, CustomerKey | None]:
    """The root of each customer who exists and is not erased, locked; None for those who are not to be waited for."""
    present = await present_among(connection, named)
    free = [key for key, waits in present.items() if not waits]
    standings = await lock_customers(connection, free, partitions)
    roots: dict[CustomerKey, CustomerKey | None] = dict.fromkeys(present.keys() - free)
    return roots | {key: standings.root(key) for key in free if not standings.is_erased(key)}


async def _carry_out(
    commands: Sequence[Command], connection: WorkerConnection, now: datetime
) -> tuple[dict[int, Answer], list[Event]]:
    """The answers to commands, by their identity, and the events to publish."""
    by_customer: defaultdict[CustomerKey, list[Command]] = defaultdict(list)
    for command in commands:
        by_customer[command.customer].append(command)
    by_class = await _load(commands, connection)
    walked: set[CustomerKey] = set()
    put_off: dict[CustomerKey, Answer] = {}
    while (carried := await _decide_and_save(by_customer, by_class, connection, now, walked, put_off)) is None:
        by_class = await _load(commands, connection)  # what was decided is rolled back, and decided again
    answers, outgoing = carried
    await write_acts(connection, [command.act for command in commands if not answers[id(command)].refused])
    kept = [command for command in commands if command.key is not None and not _is_passing(answers[id(command)])]
    await insert_answers(connection, [_row(command, answers[id(command)], now) for command in kept])
    return answers, outgoing


def _is_passing(answer: Answer) -> bool:
    """Whether an answer is not kept under the key of its request."""
    return answer in _PASSING or _leaves_key(answer)


def _leaves_key(answer: Answer) -> bool:
    """Whether a request is refused for what the next one under its key makes right."""
    return answer.body.get("code") == _MADE_RIGHT


async def _load(commands: Sequence[Command], connection: WorkerConnection) -> Mapping[type[Command], Sequence[Command]]:
    """Let commands read what they need, those of a class together; returns them by class."""
    by_class: defaultdict[type[Command], list[Command]] = defaultdict(list)
    for command in commands:
        by_class[type(command)].append(command)
    for kind, some in by_class.items():
        await kind.load(connection, some)
    return by_class


async def _decide_and_save(
    by_customer: Mapping[CustomerKey, Sequence[Command]],
    by_class: Mapping[type[Command], Sequence[Command]],
    connection: WorkerConnection,
    now: datetime,
    walked: set[CustomerKey],
    put_off: dict[CustomerKey, Answer],
) -> tuple[dict[int, Answer], list[Event]] | None:
    """Let commands take and give, and write what they did and what follows from it.

    None, and one more customer in ``walked`` or ``put_off``, if one with many orders must be walked as others are, or
    must wait: commands of several customers share what is left of a reward, so all are decided again.
    """
    counts = await count_orders(connection, by_customer, WALKED_MAX + 1)
    large = {customer for customer in by_customer if counts[customer] > WALKED_MAX} - put_off.keys()
    to_decide = {customer: some for customer, some in by_customer.items() if customer not in put_off}
    try:
        async with savepoint(connection) if large else nullcontext():
            answers, posted = await _decide(to_decide, large - walked, connection, now)
            for customer, answer in put_off.items():
                answers |= {id(command): answer for command in by_customer[customer]}
            saved = await _save(by_class, answers, walked, connection)
            # What changed before the entries that are its effects: a rebuild reads them in this order.
            return answers, [*saved, *posted]
    except _NotRemembered as error:
        walked.add(error.customer)
    except TakesLonger as error:  # what follows from what was saved
        for customer in error.customers:
            stands = await standing_of(connection, customer)
            said = await _said_of_large(customer, stands.settled_at or now, connection, now)
            walked.update(() if said else [customer])
            put_off |= {customer: said} if said else {}
    return None


async def _save(
    by_class: Mapping[type[Command], Sequence[Command]],
    answers: Mapping[int, Answer],
    walked: Collection[CustomerKey],
    connection: WorkerConnection,
) -> list[Event]:
    """Write the commands that were not refused; what follows from those about an account that was walked walks it."""
    outgoing: list[Event] = []
    for kind, some in by_class.items():
        done = [command for command in some if not answers[id(command)].refused]
        if again := [command for command in done if command.customer in walked]:
            with beside():
                outgoing += await kind.save(connection, again)
        outgoing += await kind.save(connection, [command for command in done if command.customer not in walked])
    return outgoing


async def _decide(
    by_customer: Mapping[CustomerKey, Sequence[Command]],
    large: Collection[CustomerKey],
    connection: WorkerConnection,
    now: datetime,
) -> tuple[dict[int, Answer], list[Event]]:
    """Let the commands of each customer take and give in turn, and post what they did. Raises ``_NotRemembered``."""
    shops = {customer.shop for customer in by_customer}
    await share_lock(connection, PROGRAMMES, shops)
    rules = await load_rules(connection, shops)
    answers: dict[int, Answer] = {}
    posted: list[Event] = []
    to_walk = by_customer.keys() - large
    for customer in large:
        found, events = await _decide_large(customer, by_customer[customer], rules[customer.shop], connection, now)
        posted += events
        if found is None:
            to_walk.add(customer)
        answers |= found or {}
    posting = Posting(now)
    for customer, account in await load_accounts(connection, to_walk):
        of_customer = by_customer[customer]
        if account.settled_at is None:
            answers |= {id(command): UNKNOWN for command in of_customer}
        else:
            answers |= _walk(customer, account, rules[customer.shop], of_customer, posting, now)
    await posting.write(connection)
    return answers, [*posted, *posting.outgoing]


def _walk(
    customer: CustomerKey,
    account: Account,
    rules: Rules,
    commands: Sequence[Command],
    posting: Posting,
    now: datetime,
) -> Mapping[int, Answer]:
    """Decide about an account of which all orders are read; one without a change is not posted."""
    at = max(to_us(now), (account.settled_at or 0) + 1)
    timeline = account.at(*rules, at)
    purse = purse_of(timeline.lots, timeline.debt, at)
    purse.credit = purse_of(timeline.credit, timeline.owed, at)
    purse.tiers = tuple([tier.name for tier in timeline.programme.tiers])
    purse.tier = purse.tiers[timeline.tier]
    purse.programme = timeline.programme
    purse.holder = Holder(customer, account.readmission, rules.zones)
    decided = {id(command): command.decide(purse) for command in commands}
    if purse.facts:
        posting.walk(customer, account, rules, News(purse.facts, None, None), at)
    told = {"as_of": from_us(at), "version": account.version}
    return {name: answer._replace(body={**answer.body, **told}) for name, answer in decided.items()}


async def _decide_large(
    customer: CustomerKey, commands: Sequence[Command], rules: Rules, connection: WorkerConnection, now: datetime
) -> tuple[dict[int, Answer] | None, Sequence[Event]]:
    """``decide_large``; what takes too long is left to the lane beside, after which it is remembered, or walked."""
    stands = await standing_of(connection, customer)
    if stands.settled_at is None:
        return {id(command): UNKNOWN for command in commands}, ()
    at = max(now, stands.settled_at + _BEHIND)
    try:
        async with savepoint(connection):
            return await decide_large(customer, commands, rules, connection, at)
    except TakesLonger:
        if (said := await _said_of_large(customer, stands.settled_at, connection, now)) is None:
            raise _NotRemembered(customer) from None
        return {id(command): said for command in commands}, ()


async def _said_of_large(
    customer: CustomerKey, settled_at: datetime, connection: WorkerConnection, now: datetime
) -> Answer | None:
    """The answer about an account that takes longer than a request has; None if it is walked all the same."""
    if settled_at > now - JUST_SETTLED:
        counts = await count_orders(connection, [customer], NEVER_REMEMBERED_MAX + 1)
        return None if counts[customer] <= NEVER_REMEMBERED_MAX else TOO_LARGE
    await add_settlings(connection, [customer])
    return NOT_READY


def _row(command: Command, answer: Answer, now: datetime) -> KeyRow:
    shop, route, digest = command.key_name or ("", "", "")
    return KeyRow(shop, route, digest, command.named.customer_id, *_stored(command, answer), now)


def _stored(command: Command, answer: Answer) -> Stored:
    return Stored("" if command.key is None else command.key.fingerprint, answer.status, as_bytes(answer.body).decode())


def _repeated(command: Command, stored: Stored) -> Answer:
    """The answer that a key had before, to a repetition of its request."""
    if command.key is None or command.key.fingerprint != stored.fingerprint:
        return REUSED
    return Answer(stored.status, json.decode(stored.answer), repeated=True)
