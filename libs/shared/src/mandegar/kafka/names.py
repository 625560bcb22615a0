"""Maps logical topic names to physical ones, which have the prefix of their deployment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Adds and removes the prefix that separates tests, or several deployments, on one broker."""

    prefix: str = ""

    def physical(self, topic: str) -> str:
        return self.prefix + topic

    def logical(self, topic: str) -> str:
        return topic.removeprefix(self.prefix)
