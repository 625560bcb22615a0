"""What another programme would have given: asked for, computed in the background one at a time, and read."""
