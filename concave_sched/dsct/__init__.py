"""Compressible tasks with deadlines. Not built yet: see the table of systems in the README."""
