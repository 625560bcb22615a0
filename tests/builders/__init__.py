"""What tests say happened, one module a topic: events as services publish them, and facts as the domains hold them."""
