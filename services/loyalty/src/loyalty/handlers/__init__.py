"""What events and the passing of time do to points."""
