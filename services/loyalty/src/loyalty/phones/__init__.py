"""Phone numbers as pseudonyms: a till finds a customer by the number that they say."""
