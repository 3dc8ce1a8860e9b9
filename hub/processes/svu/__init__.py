"""SVU, the discharge coordination (processes.md §2)."""
