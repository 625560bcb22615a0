"""Model versions: when they are fitted, from which history, and how customers come under a new one."""
