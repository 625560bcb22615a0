"""From a request to JSON values: size, time, encoding, division into events, decoding."""
