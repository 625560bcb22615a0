"""How many customers a shop has, in all and in each band: triggers on ``customers`` count (migration 0022)."""
