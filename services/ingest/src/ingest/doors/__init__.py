"""How events come in: each door reads one wire format, event by event, so that one bad event spares its neighbours."""
