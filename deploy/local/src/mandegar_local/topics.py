"""The topics of the system, made as in any other deployment."""

from mandegar.kafka.create_topics import create_topics

__all__ = ["create_topics"]
