"""The tables that the demo prints at the end, from the answers of the services."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mandegar_local.demo.club import CUSTOMER, FRIEND, Club
from mandegar_local.demo.demo_stack import DemoStack
from mandegar_local.demo.door import STATUSES, Answers
from mandegar_local.demo.live_events import LiveEvent
from mandegar_local.demo.orders import CUSTOMERS, ZONE
from mandegar_local.demo.other_rule import RULE, OtherRule
from mandegar_local.demo.people import person
from mandegar_local.demo.points import Points
from mandegar_local.demo.reconcile import Finding
from mandegar_local.demo.service_client import Answer
from mandegar_local.demo.till import POINTS, AtTheTill
from mandegar_local.stack_clock import StackClock, clock_words

WIDTH_MAX = 100
KPI_MONTHS = 4
# notify's reason for a message whose last useful moment has passed.
_TOO_LATE = "too_late"
_LATE = "long past when the history was posted (see below)"
_OF_SHOPS = ("shop.updated", "source.closed")


def money(text: str) -> str:
    """An amount without decimals, with thousands separators."""
    return f"{round(float(text)):,}"


def _table(title: str, *headings: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    return table


def door_table(history: Answers, live: Answers) -> Table:
    """The number of events by status."""
    table = _table("At the door", "source", "posted", *STATUSES, numbers=("posted", *STATUSES))
    for name, answers in (("history", history), ("live", live)):
        table.add_row(name, f"{answers.posted:,}", *(f"{answers.statuses[status]:,}" for status in STATUSES))
    return table


def live_table(moments: Sequence[LiveEvent]) -> Table:
    """The live events and their results."""
    table = _table("Live events", "event", "answer", "why")
    for moment in moments:
        result = moment.result
        why = result.get("detail") or result.get("code") or ""
        table.add_row(moment.what, result["status"], why)
    return table


def stream_table(said: Mapping[str, Answer]) -> Table:
    """The customers' events that each consumer group has applied, by type, and its lag."""
    table = _table("Applied events of customers", "group", "events", "by type", "lag", numbers=("events", "lag"))
    for answer in said.values():
        for group, state in answer["groups"].items():
            of_customers = [item for item in state["applied"].items() if item[0] not in _OF_SHOPS]
            applied = sorted(of_customers, key=lambda item: (-item[1], item[0]))
            if applied:
                types = "  ".join(f"{type_}={count:,}" for type_, count in applied)
                total = sum(count for _, count in applied)
                lag = state["lag_records"]  # unknown while nobody answers in time
                table.add_row(group, f"{total:,}", types, "?" if lag is None else f"{lag:,}")
    return table


def points_and_bands(points: Points, bands: Mapping[str, int], model_version: int) -> Table:
    """The points of the whole shop, and the number of customers in each band."""
    heads = ("points", "of all", f"band (model {model_version})", "customers")
    table = _table("Points and bands", *heads, numbers=("of all", "customers"))
    rows = (
        ("given", points.given),
        ("outstanding", points.outstanding),
        ("of these available now", points.total("available")),
        ("ledger entries", points.entries),
    )
    for (what, number), (band, count) in zip(rows, bands.items(), strict=False):
        table.add_row(what, f"{number:,}", band.replace("_", " "), f"{count:,}")
    return table


def kpis_table(kpis: Answer) -> Table:
    """The figures of the shop in the last months, as docs/kpis.md defines them."""
    heads = ("month", "customers", "new", "orders", f"revenue, {kpis['currency']}", "orders each", "lost", "retention")
    table = _table("Figures of the shop", *heads, numbers=heads[1:])
    for month in kpis["months"][-KPI_MONTHS:]:
        counts = (month[name] for name in ("customers", "new_customers", "orders"))
        lost, retention = month["lost_customers"], month["retention_rate"]
        table.add_row(
            month["month"] if month["complete"] else f"{month['month']} so far",
            *(f"{count:,}" for count in counts),
            money(month["revenue"]),
            month["purchase_frequency"] or "",
            "" if lost is None else f"{lost:,}",
            "" if retention is None else f"{float(retention):.0%}",
        )
    return table


def segments_table(segments: Sequence[Answer]) -> Table:
    """The segments of the shop that have customers, the largest first."""
    table = _table("Segments", "segment", "customers", "who is in it", numbers=("customers",))
    for segment in sorted(segments, key=lambda segment: (-segment["customers"], segment["name"])):
        if segment["customers"]:
            table.add_row(segment["name"], f"{segment['customers']:,}", segment["description"])
    return table


def at_risk_table(customers: Sequence[Answer]) -> Table:
    """The at-risk customers with the highest value at risk, and the reasons of their scores."""
    heads = ("customer", "risk", "value at risk, IRR", "reasons")
    table = _table("Highest value at risk", *heads, numbers=("risk", "value at risk, IRR"))
    for customer in customers:
        number = customer["customer_id"].removeprefix("c-")
        name = person(int(number)).name if number.isdecimal() and int(number) <= CUSTOMERS else ""
        reasons = "; ".join(reason["text"] for reason in customer["reasons"][:3])
        who = f"{customer['customer_id']} {name}".rstrip()
        table.add_row(who, f"{customer['risk']:.0%}", money(customer["value_at_risk"]), reasons)
    return table


def timeline_table(timeline: Answer) -> Table:
    """The newest entries of one customer's history."""
    table = _table(f"The history of {timeline['customer_id']}", "day", "kind", "what")
    for entry in timeline["entries"]:
        table.add_row(entry["day"], entry["kind"], entry["text"])
    return table


def till_table(visit: AtTheTill) -> Table:
    """How a customer spent points at a till."""
    table = _table("At a till", "step", "answer")
    table.add_row(f"{visit.who.name} says {visit.who.phone}", f"{visit.who.customer_id}, {_usable(visit.before)}")
    if visit.redemption is None:
        why = visit.refused or {}
        table.add_row(
            f"the till reserves {POINTS} points", f"refused: {why['code']}, {why.get('missing', 0):,} missing"
        )
        return table
    lots = len(visit.redemption["lots"])
    table.add_row(f"the till reserves {POINTS} points", f"of the {lots} lot{'s' * (lots > 1)} that expire first")
    table.add_row("the till confirms", f"{visit.redemption['state']}, {_usable(visit.after)}")
    return table


def club_table(club: Club) -> Table:
    """A friend who was referred, and a challenge."""
    table = _table("A club, in a second shop", "step", "answer")
    table.add_row(f"{CUSTOMER} has a code to pass on", f"{club.code}, {club.referrer['link']}")
    table.add_row(f"{FRIEND} comes by it and orders", f"{club.friend['points']} points for {FRIEND}")
    table.add_row("the order is kept", f"{club.referrer['points']} points for {CUSTOMER}")
    challenge = club.challenge
    done = f"{challenge['titles']['en']}: {challenge['state']}, {challenge['points']} points"
    table.add_row(f"{FRIEND} orders again", done)
    return table


def _usable(balance: Answer) -> str:
    return f"{balance['available']:,} points to spend, tier {balance['tier']}"


def other_rule_table(other: OtherRule) -> Table:
    """What one changed rule would have cost."""
    result = other.result
    was, would = result["before"], result["after"]
    heads = ("", "as it is", "with this rule", "difference")
    table = _table(f"What if {RULE}?", *heads, numbers=heads[1:])
    for what, before, after in (
        ("points given", was["points"]["given"], would["points"]["given"]),
        ("cost, IRR", round(float(was["cost"])), round(float(would["cost"]))),
        ("customers who gain", 0, result["gain"]),
        ("customers who lose", 0, result["lose"]),
    ):
        table.add_row(what, f"{before:,}", f"{after:,}", f"{after - before:+,}")
    shares = [float(side["cost_share"]) for side in (was, would)]
    table.add_row("cost, share of revenue", *(f"{share:.2%}" for share in shares), f"{shares[1] - shares[0]:+.2%}")
    return table


def messages_table(counts: Sequence[Answer]) -> Table:
    """The number of messages by journey, channel and state, with the rule for those that were not sent."""
    table = _table("Messages", "journey", "channel", "state", "messages", "reason", numbers=("messages",))
    for count in sorted(counts, key=lambda c: (c["journey"], c["state"] != "sent", -c["messages"])):
        state = "waiting" if count["state"] == "ready" else count["state"]
        reason = _LATE if count["reason"] == _TOO_LATE else count["rule"] or count["reason"] or ""
        table.add_row(count["journey"], count["channel"], state, f"{count['messages']:,}", reason)
    if not counts:
        table.add_row("none", "", "", "0", "")
    return table


def when_messages_go_out(counts: Sequence[Answer]) -> str | None:
    """When the messages that wait are due, in the shop's time; ``None`` if none waits."""
    waiting = [count for count in counts if count["next_at"]]
    if not waiting:
        return None
    first = min(datetime.fromisoformat(count["next_at"]) for count in waiting).astimezone(ZONE)
    messages = sum(count["messages"] for count in waiting)
    return (
        f"{messages:,} messages wait; the first is due at {first:%H:%M on %d %B} in {ZONE.key}, by the stack's clock."
    )


def why_messages_are_withheld(counts: Sequence[Answer]) -> str | None:
    """Why most of the history's messages were not sent; ``None`` if none was too late."""
    late = sum(count["messages"] for count in counts if count["reason"] == _TOO_LATE)
    if not late:
        return None
    return (
        f"{late:,} messages were withheld on purpose: these customers became at risk long before their history was "
        "posted, and an offer that comes weeks late is of no use. Who becomes at risk from now on gets it in time.\n"
    )


def addresses_table(stack: DemoStack) -> Table:
    """The addresses that can be opened in a browser."""
    table = _table("Addresses", "open in a browser", "address")
    if stack.mailbox:
        table.add_row("mails", stack.mailbox)
    table.add_row("SMS", stack.sms_outbox)
    for service, url in stack.services.items():
        table.add_row(f"routes of {service}", f"{url}/docs")
    return table


def how_to_ask(customer_id: str) -> str:
    """How to read a route that needs a token."""
    return (
        "Customers are shown to those who have a token only. A customer card:\n\n"
        '  eval "$(.venv/bin/mandegar env)"\n'
        f'  curl -s "$CHURN/v1/customers/{customer_id}" -H "Authorization: Bearer $TOKEN"'
    )


def clock_line(clock: StackClock | None, unix: float) -> str:
    """The clock by which the stack lives, beside that of the machine."""
    if clock is None:
        return "The stack lives by the clock of this machine."
    there = f"{clock.at(unix).astimezone(ZONE):%H:%M}"
    return (
        f"{clock_words(clock, unix)} The stack lives by this clock of its own: all times here, in mails and in answers "
        f"are by it. In {ZONE.key} it shows {there}."
    )


def verdict_table(findings: Sequence[Finding]) -> Table:
    """The comparisons, with those that do not hold in red."""
    table = _table("Do the counts agree?", "", "comparison", "expected", "actual", numbers=("expected", "actual"))
    for finding in findings:
        mark, style = ("[green]✓[/]", "") if finding.holds else ("[red]✗[/]", "bold red")
        table.add_row(mark, finding.what, finding.expected, finding.found, style=style)
    return table


def wide_console() -> Console:
    """A console of at most 100 columns."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH_MAX) if console.is_terminal else WIDTH_MAX
    return console
