"""Format models of numbers and moments."""
