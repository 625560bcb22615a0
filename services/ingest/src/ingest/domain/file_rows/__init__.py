"""Rows of files that shops export: which column means what, and the typed values in them, without input or output."""
