"""How events are read and normalised, without input or output."""
