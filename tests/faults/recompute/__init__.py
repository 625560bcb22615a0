"""What every balance and every score has to be, from a plain dump of the topics, by none of the services' own code."""
