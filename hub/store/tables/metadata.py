"""What all tables share. Imports sqlalchemy only."""

from __future__ import annotations

from sqlalchemy import DateTime, MetaData, func

metadata = MetaData()

NOW = func.now()
TIME = DateTime(timezone=True)
