"""How points are computed: pure functions of order facts, programme versions, the shop's calendar and an instant."""
