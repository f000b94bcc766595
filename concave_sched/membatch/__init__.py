"""Machine-learning tasks on an edge cluster: not built yet, see the table of systems in the README."""
