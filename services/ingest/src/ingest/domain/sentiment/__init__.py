"""What a text says in one number, from -1, all complaint, to 1, all praise: the only thing of it that is published."""

from ingest.domain.sentiment.reading import LENGTH_MAX, sentiment_of

__all__ = ["LENGTH_MAX", "sentiment_of"]
