"""``python -m churn serve`` and ``python -m churn migrate``."""

from churn.main import SERVICE
from mandegar.command import command_line

if __name__ == "__main__":
    command_line(SERVICE)()
