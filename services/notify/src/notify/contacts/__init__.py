"""Contacts: addresses, consents, language and zone of customers, their points and latest purchase."""
