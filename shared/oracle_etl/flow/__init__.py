"""The verbs, in the order in which things happen; pure but for the ports they are given."""
