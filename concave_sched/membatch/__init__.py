"""Machine-learning tasks on an edge cluster: not built yet (table of systems in the README)."""
