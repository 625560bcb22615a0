"""Keys of a source: two can be live at once, so that one can replace the other without a gap."""
