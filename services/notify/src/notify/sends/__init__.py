"""Sends: messages to one address, from the triggering event to the provider's answer."""
