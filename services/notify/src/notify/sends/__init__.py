"""A message to one address, from the event that asks for it to the provider's answer."""
