"""Replays as a kind of job, and what they are for."""

from mandegar.jobs.kind import JobKind

# Somebody waits for what is guarded; nobody for a shadow.
GUARD, ASKED, SHADOW = PURPOSES = ("guard", "asked", "shadow")
REPLAYS = JobKind("replay", asked="request", purposes=PURPOSES)
