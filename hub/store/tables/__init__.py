"""The tables as SQLAlchemy sees them: for Alembic, and for the test that they equal what the migrations make. Imports
sqlalchemy only.

The constraints stand here and in the database, so that they hold whatever code writes.
"""

from hub.store.tables import cases, delivery, figures, operations, operators, subscriptions
from hub.store.tables.metadata import metadata

__all__ = ["cases", "delivery", "figures", "metadata", "operations", "operators", "subscriptions"]
