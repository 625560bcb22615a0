"""The migration of the standard tables that guards against people; a service adds its own tables after it."""

from alembic.operations import Operations


def add_guards(op: Operations, service: str) -> None:
    """Apply the changes to the standard tables of ``service``.

    Columns are added only where they are missing: a new database already has them from ``create_standard_tables``.
    """
    op.execute(f"REVOKE ALL ON alembic_version FROM {service}_web")
