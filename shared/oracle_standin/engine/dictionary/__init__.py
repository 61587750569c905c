"""The data dictionary, computed from the catalogue."""
