"""``POST /v1/events``: the native form and CloudEvents."""
