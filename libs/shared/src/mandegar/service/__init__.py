"""What a service is made of, and what the parts of its process share."""
