"""The event types that a shop may post, in words, as JSON schemas and by example: OpenAPI and ``docs/events.md``."""
