"""The bodies of the journeys routes."""

from pydantic import BaseModel, Field

from mandegar.documents.routes import VersionAnswer


class JourneyVersions(BaseModel):
    """A journey: the version in force, and the versions that take effect later."""

    name: str
    in_force: VersionAnswer | None = Field(description="Version 0 is built in; null before the first version begins")
    coming: list[VersionAnswer] = Field(description="In the order in which they take effect")


class Journeys(BaseModel):
    """The journeys of a shop, built-in ones included, by name."""

    journeys: list[JourneyVersions]
