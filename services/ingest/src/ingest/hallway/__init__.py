"""The one way behind every door: events, contacts, quarantine and outbox in one transaction."""
