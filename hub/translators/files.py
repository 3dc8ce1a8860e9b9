"""The check of files under the name by which the shared cases and earlier tools call it (``hub.attachments.check``). Imports the
room of attachments only.
"""

from hub.attachments.check import check, refusal

__all__ = ["check", "refusal"]
