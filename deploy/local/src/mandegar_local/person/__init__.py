"""Commands about one person: merge two ids, erase everything, export everything."""
