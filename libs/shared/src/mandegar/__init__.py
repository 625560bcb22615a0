"""The library of Mandegar's services: events, streams, databases and HTTP. Services import it and never each other."""
