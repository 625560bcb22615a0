"""What events and the passing of time do to points."""

from loyalty.handlers.acts import TYPES, apply
from loyalty.handlers.due import settle

__all__ = ["TYPES", "apply", "settle"]
