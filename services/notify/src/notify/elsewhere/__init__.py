"""Messages that another system sent: shown, and counted by caps and cooldowns."""
