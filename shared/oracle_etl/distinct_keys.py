"""Read YAML in which nothing is said twice."""

from __future__ import annotations

from typing import Any

import yaml


class KeyTwice(yaml.composer.ComposerError):
    """A key stands twice in one mapping: one of the two would be lost in silence."""


class DistinctKeys(yaml.SafeLoader):
    """Reads what is safe, and refuses a key that stands twice, before `<<` lays others over it."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:  # noqa: ANN401 - a name; its stub says other
        """Return a mapping of different keys; KeyTwice for any other."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key in (each for each, _ in node.value if isinstance(each, yaml.ScalarNode)):
            if key.value in seen:
                said = f"{key.value!r} stands twice in one mapping"
                raise KeyTwice(problem=said, problem_mark=key.start_mark)
            seen.add(key.value)
        return node
