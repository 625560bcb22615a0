"""The topics of the system, made as in any other deployment."""

from shared.messaging.create_topics import create_topics

__all__ = ["create_topics"]
