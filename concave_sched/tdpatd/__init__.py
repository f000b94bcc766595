"""Task graphs on processors: not built yet (table of systems in the README)."""
