"""What notify answers over HTTP, by use case."""

from notify.routes import messages, preferences, preview, unsubscribe

ROUTERS = (messages.router, preferences.router, preview.router, unsubscribe.router)
