"""The declaration of a service: its parts, settings, context, health checks and background loops."""
