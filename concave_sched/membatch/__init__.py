"""Machine-learning tasks on an edge cluster with limited memory. Not built yet: see the table of systems in the README."""
