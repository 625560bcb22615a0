"""Logical topic names and the physical ones of a deployment, which may carry a prefix."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Adds and takes off the prefix that keeps tests, or two deployments, apart on one broker."""

    prefix: str = ""

    def physical(self, topic: str) -> str:
        return self.prefix + topic

    def logical(self, topic: str) -> str:
        return topic.removeprefix(self.prefix)
