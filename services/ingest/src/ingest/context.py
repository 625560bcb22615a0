"""What the parts of an ingest process share, besides the context of every service."""

from dataclasses import dataclass, fields
from typing import Annotated

from fastapi import Depends

from ingest.domain.senders import name_servers
from ingest.domain.sources import Budget
from ingest.hallway.group_commit import GroupCommit
from ingest.hallway.parsing_turns import ParsingTurns
from ingest.hallway.part_turns import PartTurns
from ingest.settings import IngestSettings
from ingest.sources.keys import KeyRing
from ingest.sources.rate import RateLimits
from ingest.sources.sender_dns import SenderDns
from mandegar.service.context import Context
from mandegar.web.dependencies import context


@dataclass(frozen=True, kw_only=True)
class IngestContext(Context[IngestSettings]):
    """The context with the key cache, rate limits, turns, group commit and resolver of this process."""

    keys: KeyRing
    rate_limits: RateLimits
    parsing: ParsingTurns
    commits: GroupCommit
    dns: SenderDns
    part_turns: PartTurns


def extend(common: Context[IngestSettings]) -> IngestContext:
    """The context of an ingest process."""
    settings = common.settings
    commits = GroupCommit(
        common.worker,
        common.clock.now,
        partitions=settings.partitions,
        budget=Budget(settings.quarantine_events_max, settings.quarantine_bytes_max),
        events_max=settings.queued_events_max,
        patience_seconds=settings.accept_seconds,
        on_committed=common.wake_relay,
    )
    return IngestContext(
        **{field.name: getattr(common, field.name) for field in fields(Context)},
        keys=KeyRing(common.worker),
        rate_limits=RateLimits(settings),
        parsing=ParsingTurns(),
        commits=commits,
        dns=SenderDns(name_servers(settings.dns_servers)),
        part_turns=PartTurns(common.worker),
    )


IngestCtx = Annotated[IngestContext, Depends(context)]
