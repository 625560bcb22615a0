"""What a person is shown at the end: compact tables of what the services themselves answer."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mandegar_local.demo.asking import Answer
from mandegar_local.demo.door import STATUSES, Answers
from mandegar_local.demo.house import House
from mandegar_local.demo.live import Moment
from mandegar_local.demo.people import person
from mandegar_local.demo.points import Points
from mandegar_local.demo.reconcile import Finding

WIDTH_MAX = 100
_OF_SHOPS = ("shop.updated", "source.closed")


def money(text: str) -> str:
    """Rial without decimals, in groups of three."""
    return f"{round(float(text)):,}"


def _table(title: str, *headings: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in numbers else "left", overflow="fold")
    return table


def door_table(history: Answers, live: Answers) -> Table:
    """Events by the door's answer."""
    table = _table("At the door", "source", "posted", *STATUSES, numbers=("posted", *STATUSES))
    for name, answers in (("history", history), ("live", live)):
        table.add_row(name, f"{answers.posted:,}", *(f"{answers.statuses[status]:,}" for status in STATUSES))
    return table


def live_table(moments: Sequence[Moment]) -> Table:
    """The live events, one by one."""
    table = _table("Live events", "event", "answer", "why")
    for moment in moments:
        result = moment.result
        why = result.get("detail") or result.get("code") or ""
        table.add_row(moment.what, result["status"], why)
    return table


def stream_table(said: Mapping[str, Answer]) -> Table:
    """Events of customers that each group has applied, by type."""
    table = _table(
        "Applied, of customers' events", "group", "events", "by type", "behind", numbers=("events", "behind")
    )
    for answer in said.values():
        for group, stands in answer["groups"].items():
            of_customers = [item for item in stands["applied"].items() if item[0] not in _OF_SHOPS]
            applied = sorted(of_customers, key=lambda item: (-item[1], item[0]))
            if applied:
                types = "  ".join(f"{type_}={count:,}" for type_, count in applied)
                total = sum(count for _, count in applied)
                table.add_row(group, f"{total:,}", types, str(stands["lag_records"]))
    return table


def points_and_bands(points: Points, bands: Mapping[str, int], model_version: int) -> Table:
    """Points of the whole shop beside its customers per band."""
    heads = ("points", "of all", f"band (model {model_version})", "customers")
    table = _table("Points and bands", *heads, numbers=("of all", "customers"))
    rows = (
        ("given", points.given),
        ("outstanding", points.outstanding),
        ("of these usable now", points.total("available")),
        ("ledger entries", points.entries),
    )
    for (what, number), (band, count) in zip(rows, bands.items(), strict=False):
        table.add_row(what, f"{number:,}", band.replace("_", " "), f"{count:,}")
    return table


def at_risk_table(customers: Sequence[Answer]) -> Table:
    """Who is at risk with most to lose, and why."""
    heads = ("customer", "risk", "at risk, IRR", "because")
    table = _table("Most value at risk", *heads, numbers=("risk", "at risk, IRR"))
    for customer in customers:
        name = person(int(customer["customer_id"].removeprefix("c-"))).name
        reasons = "; ".join(reason["text"] for reason in customer["reasons"][:3])
        who = f"{customer['customer_id']} {name}"
        table.add_row(who, f"{customer['risk']:.0%}", money(customer["value_at_risk"]), reasons)
    return table


def messages_table(counts: Sequence[Answer]) -> Table:
    """What became of the messages, and why some did not go out."""
    table = _table("Messages", "journey", "over", "became", "messages", "why", numbers=("messages",))
    for count in sorted(counts, key=lambda c: (c["journey"], c["state"] != "sent", -c["messages"])):
        became = "waits" if count["state"] == "ready" else count["state"]
        why = count["rule"] or count["reason"] or ""
        table.add_row(count["journey"], count["channel"], became, f"{count['messages']:,}", why)
    if not counts:
        table.add_row("none was due", "", "", "0", "")
    return table


def addresses_table(house: House, customer_id: str) -> Table:
    """What to open next."""
    table = _table("To open", "what", "where")
    if house.mailbox:
        table.add_row("mails", house.mailbox)
    table.add_row("SMS", house.sms_outbox)
    for service, url in house.services.items():
        table.add_row(f"{service}", f"{url}/docs")
    table.add_row("a customer card", f"{house.services['churn']}/v1/customers/{customer_id}")
    return table


def how_to_ask(house: House) -> str:
    """What a person needs to open what is not for everybody."""
    token = f".venv/bin/mandegar token --shop {house.shop} --scope customers:read"
    return f'Cards and balances want a token: curl -H "Authorization: Bearer $({token})" …'


def verdict_table(findings: Sequence[Finding]) -> Table:
    """Every comparison, the broken ones in red."""
    table = _table("Do the counts agree?", "", "what", "should be", "is", numbers=("should be", "is"))
    for finding in findings:
        mark, style = ("[green]✓[/]", "") if finding.holds else ("[red]✗[/]", "bold red")
        table.add_row(mark, finding.what, finding.expected, finding.found, style=style)
    return table


def wide_console() -> Console:
    """A console at most 100 columns wide, so that the tables stay readable on any screen."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH_MAX) if console.is_terminal else WIDTH_MAX
    return console
