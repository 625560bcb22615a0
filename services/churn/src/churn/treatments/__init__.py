"""Who got a message and who was withheld one by a holdout: what a model that learns from outcomes has to know."""
