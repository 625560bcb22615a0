"""From the bytes of a request to events in the native form, each read by itself so that none spoils its neighbours."""
