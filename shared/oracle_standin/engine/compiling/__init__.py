"""From a tree to Python closures over stored rows."""
