"""Puts a programme in force: what its guards say is looked at before, and it may run in the shadow of the live one."""
