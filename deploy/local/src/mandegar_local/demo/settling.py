"""Waiting until nothing is under way any more: everything applied, the model fitted, every message decided."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from mandegar.clock import monotonic_seconds
from mandegar_local.demo.asking import Answer, Asking
from mandegar_local.demo.progress import Stage, Step
from mandegar_local.failure import StackError

# Several times the lease (45 s) that a killed worker leaves on a message.
STALLED_SECONDS = 180.0
_LOOK_SECONDS = 0.3
_SERVICES = ("ingest", "loyalty", "churn", "notify")
# What each service has to apply of what is accepted; the group of a service has its name.
APPLIES: Mapping[str, frozenset[str]] = {
    "loyalty": frozenset({"order.paid", "refund.issued"}),
    "churn": frozenset({"order.paid", "refund.issued"}),
    "notify": frozenset({"order.paid"}),
}

Counts = Mapping[str, int]


def expected_of(service: str, accepted: Counts) -> dict[str, int]:
    """How many events of each type a service has to apply when so many were accepted."""
    return {type_: accepted.get(type_, 0) for type_ in sorted(APPLIES[service])}


async def streams(asking: Asking) -> dict[str, Answer]:
    """What every service says of its stream."""
    answers = await asyncio.gather(*(asking.stream(service) for service in _SERVICES))
    return dict(zip(_SERVICES, answers, strict=True))


def applied_by(said: Mapping[str, Answer], service: str) -> Counts:
    """Events applied by a service's own group, by type."""
    found: Counts = said[service]["groups"].get(service, {}).get("applied", {})
    return found


def is_quiet(said: Mapping[str, Answer]) -> bool:
    """Whether nothing waits in any outbox and no group is behind; one that has applied nothing may read nothing."""
    groups = [group for answer in said.values() for group in answer["groups"].values() if group["applied"]]
    return all(answer["outbox"].get("rows") == 0 for answer in said.values()) and all(
        group["lag_records"] == 0 for group in groups
    )


class _Watch:
    """Ends a wait in which nothing has moved for too long."""

    def __init__(self, what: str) -> None:
        self._what, self._seen, self._since = what, object(), monotonic_seconds()

    async def look_again(self, seen: Any) -> None:
        if seen != self._seen:
            self._seen, self._since = seen, monotonic_seconds()
        if monotonic_seconds() - self._since > STALLED_SECONDS:
            raise StackError(f"{self._what}: nothing has moved for {STALLED_SECONDS:.0f} s; last seen: {seen}")
        await asyncio.sleep(_LOOK_SECONDS)


async def until_applied(asking: Asking, accepted: Counts, step: Step) -> None:
    """Wait until loyalty, churn and notify have applied what was accepted. Raises StackError when they stand still."""
    watch = _Watch(step.title)
    while True:
        said = await streams(asking)
        counts = {service: applied_by(said, service) for service in APPLIES}
        missing = sum(
            max(wanted - counts[service].get(type_, 0), 0)
            for service in APPLIES
            for type_, wanted in expected_of(service, accepted).items()
        )
        step.move_to(to_apply(accepted) - missing)
        if not missing and is_quiet(said):
            return
        await watch.look_again([counts, [answer["outbox"].get("rows") for answer in said.values()]])


def to_apply(accepted: Counts) -> int:
    """How many events all services together have to apply."""
    return sum(sum(expected_of(service, accepted).values()) for service in APPLIES)


async def until_banded(asking: Asking, customers: int, step: Step) -> None:
    """Wait until churn has fitted a model of its own and every customer has a band under it."""
    watch = _Watch(step.title)
    while True:
        answer = await asking.bands()
        counted = sum(answer["bands"].values())
        under: dict[int, int] = {}
        if answer["model_version"] > 0:
            under = await asking.model_versions(list(answer["bands"]))
        done = under.get(answer["model_version"], 0)
        step.move_to(done)
        if done >= customers and set(under) == {answer["model_version"]}:
            return
        step.tell("fitting the model" if answer["model_version"] == 0 else "bands under the new model")
        await watch.look_again([answer["model_version"], counted, under])


async def until_decided(asking: Asking, step: Step) -> None:
    """Wait until every message has gone out, waits for its hour, or never will, and the word of it has got around."""
    watch = _Watch(step.title)
    while True:
        said = await streams(asking)
        summary = await asking.messages()
        open_ = undecided(summary["counts"])
        step.move_to(summary["total"] - open_)
        step.tell(f"{open_} under way" if open_ else "")
        if not open_ and is_quiet(said):
            return
        await watch.look_again([summary["counts"], {name: answer["groups"] for name, answer in said.items()}])


def undecided(counts: Sequence[Answer]) -> int:
    """Messages that are about to go out: claimed, or ready and not waiting for anything."""
    return sum(
        count["messages"]
        for count in counts
        if count["state"] == "sending" or (count["state"] == "ready" and count["reason"] is None)
    )


async def until_history_is_quiet(asking: Asking, accepted: Counts, stage: Stage, customers: int) -> None:
    """Wait for everything that the history leads to, each thing as a step of its own."""
    with stage.step("Applied by loyalty, churn and notify", to_apply(accepted)) as step:
        asking.patient.tell = step.tell
        await until_applied(asking, accepted, step)
    with stage.step("Customers banded by a model of this shop's own", customers) as step:
        asking.patient.tell = step.tell
        await until_banded(asking, customers, step)
    with stage.step("Messages decided") as step:
        asking.patient.tell = step.tell
        await until_decided(asking, step)


async def until_live_is_quiet(asking: Asking, accepted: Counts, stage: Stage, customers: int) -> None:
    """Wait for everything that the live events lead to, as one step."""
    with stage.step("Their effects, in every service") as step:
        asking.patient.tell = step.tell
        await until_applied(asking, accepted, step)
        await until_banded(asking, customers, step)
        await until_decided(asking, step)
