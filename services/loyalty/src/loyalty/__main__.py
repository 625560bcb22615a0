"""``python -m loyalty serve`` and ``python -m loyalty migrate``."""

from loyalty.main import SERVICE
from mandegar.command import command_line

if __name__ == "__main__":
    command_line(SERVICE)()
