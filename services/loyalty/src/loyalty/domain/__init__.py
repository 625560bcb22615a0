"""The rules of points: pure functions of recorded facts, programme versions, the shop's calendar and an instant."""
