"""The one history of a customer: what they did, their points, their risk and their messages, newest first."""
