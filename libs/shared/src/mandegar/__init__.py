"""What the services of Mandegar have in common. Services import this package and never each other."""
