"""Versioned YAML documents of a shop: checked line by line, stored as versions, each in force from an instant on."""
