"""The statement of a month: a page that a customer can print, and the same as JSON."""
