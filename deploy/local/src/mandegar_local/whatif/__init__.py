"""What another programme would have given: asked of loyalty, followed, and summed up in a terminal."""
