"""Files in free messages: checked in processes of their own (C-42)."""
