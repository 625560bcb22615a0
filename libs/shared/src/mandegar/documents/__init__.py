"""Versioned YAML documents of shops: validated with errors by line, stored, and in force from an instant on."""
