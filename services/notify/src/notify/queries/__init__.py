"""SQL by use case: contacts, intents, the claiming and recording of sends, and what routes read."""
