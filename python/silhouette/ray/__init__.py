"""Jobs for Ray: prepare datasets, and answer for pictures, on as many machines as there are. See ``python -m silhouette.ray --help``."""
