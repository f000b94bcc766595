"""Compressible tasks with deadlines: not built yet (table of systems in the README)."""
