"""Who is who: which ids of customers mean one person, and what is published once that becomes known."""
