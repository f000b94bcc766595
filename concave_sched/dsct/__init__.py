"""Compressible tasks with deadlines: not built yet, see the table of systems in the README."""
