"""What a shop has and we do not: its file of orders is compared with the history, and what is missing is accepted."""
