"""The nouns: frozen values and their named transitions, from the standard library alone."""
