"""From a statement's text to a tree."""
