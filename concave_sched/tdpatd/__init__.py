"""Task graphs on processors with communication. Not built yet: see the table of systems in the README."""
