"""Task graphs on processors with communication: not built yet, see the table of systems in the README."""
