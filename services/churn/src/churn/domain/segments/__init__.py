"""The conditions of segments: what they may ask of a customer, and on which days their answers change."""
