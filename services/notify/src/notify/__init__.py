"""Messages that keep customers: journeys, consent, quiet hours, deliveries."""

NAME = "notify"
