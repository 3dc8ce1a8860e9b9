"""The tables of those who operate the hub: their sessions, what is under way of signing in, whose glass is broken. Imports sqlalchemy
and the metadata only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.metadata import NOW, TIME, metadata

_IN_FORCE = text("ended_at IS NULL")

operator_session = Table(
    "operator_session",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("token_sha256", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("begun_at", TIME, nullable=False, server_default=NOW),
    Column("used_at", TIME, nullable=False, server_default=NOW),
    Column("idle_s", Double),
    Column("until", TIME, nullable=False),
    Column("ended_at", TIME),
    Column("kind", Text, nullable=False),
    Column("subject", Text),
    Column("provider_session", Text),
    Column("ended_why", Text),
    CheckConstraint("idle_s > 0", name="operator_session_idle"),
    CheckConstraint("kind IN ('person', 'program')", name="operator_session_kind"),
    Index("operator_session_token", "token_sha256", unique=True),
    Index("operator_session_subject", "subject", postgresql_where=_IN_FORCE),
    Index("operator_session_provider", "provider_session", postgresql_where=_IN_FORCE),
)
"""Who is or was signed in. ``subject`` and ``provider_session``: as the OpenID provider names the person and their session there,
hashed.
"""

sign_in = Table(
    "sign_in",
    metadata,
    Column("state_sha256", Text, primary_key=True),
    Column("proof_sha256", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("code_verifier", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("next", Text, nullable=False),
    Column("until", TIME, nullable=False),
    Index("sign_in_until", "until"),
)
"""Who is at the provider to sign in, in a browser; taken once, and short-lived."""

device_sign_in = Table(
    "device_sign_in",
    metadata,
    Column("device_sha256", Text, primary_key=True),
    Column("device_code", Text, nullable=False),
    Column("interval_s", Double, nullable=False),
    Column("asked_at", TIME),
    Column("until", TIME, nullable=False),
    Index("device_sign_in_until", "until"),
)
"""Whose command line waits for a sign-in in a browser."""

logout_token = Table(
    "logout_token",
    metadata,
    Column("jti_sha256", Text, primary_key=True),
    Column("until", TIME, nullable=False),
    Index("logout_token_until", "until"),
)
"""The logout tokens of the provider that were taken, as long as they could be shown again."""

glass = Table(
    "glass",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("session", BigInteger, ForeignKey("operator_session.id")),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("about", JSONB, nullable=False),
    Column("broken_at", TIME, nullable=False, server_default=NOW),
    Column("until", TIME, nullable=False),
    Column("closed_at", TIME),
    Column("uses", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("reason <> ''", name="glass_has_reason"),
    Index("glass_session", "session"),
    Index("glass_until", "until"),
)
"""Who has broken the glass, and why: reading what messages say, or searching by person. ``session``: None at the machine itself."""
