"""Read Terraform files as plain values, for tests that have no provider to ask."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from hcl2 import SerializationOptions

INFRA = Path(__file__).parents[2] / "infra"
ROOTS = (INFRA, INFRA / "foundation")
"""Each folder is a root of its own, with a state of its own."""

_META = {"for_each", "count", "depends_on", "lifecycle", "provider", "dynamic", "__is_block__"}
_OPTIONS = SerializationOptions(strip_string_quotes=True, with_comments=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One resource, or a block inside one; `path` tells which."""

    path: str
    arguments: Mapping[str, Any]
    blocks: tuple[tuple[str, Block], ...]

    def each(self, *names: str) -> Iterator[Block]:
        """Yield the blocks that a path of names leads to."""
        if not names:
            yield self
            return
        for name, block in self.blocks:
            if name == names[0]:
                yield from block.each(*names[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource with the root that it belongs to."""

    root: Path
    kind: str
    name: str
    block: Block

    @property
    def address(self) -> str:
        """The resource's name as Terraform writes it, after its root."""
        return f"{self.root.name}: {self.kind}.{self.name}"


def text(root: Path) -> str:
    """Return all of a root's files as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(root.glob("*.tf")))


@cache
def parsed(root: Path) -> Mapping[str, list[Any]]:
    """Return a root's top-level blocks by kind."""
    found: dict[str, list[Any]] = {}
    for path in sorted(root.glob("*.tf")):
        with path.open(encoding="utf-8") as file:
            for kind, blocks in hcl2.load(file, serialization_options=_OPTIONS).items():
                found.setdefault(kind, []).extend(blocks)
    return found


def resources(*kinds: str) -> list[Resource]:
    """Return the resources of every root, or those of some kinds."""
    return [
        Resource(root=root, kind=kind, name=name, block=_block(f"{kind}.{name}", body))
        for root in ROOTS
        for declared in parsed(root)["resource"]
        for kind, named in declared.items()
        for name, body in named.items()
        if not kinds or kind in kinds
    ]


def variables(root: Path) -> dict[str, Any]:
    """Return a root's variables by name."""
    return _named(root, "variable")


def outputs(root: Path) -> dict[str, Any]:
    """Return a root's outputs by name."""
    return _named(root, "output")


def local_values(root: Path) -> dict[str, Any]:
    """Return a root's locals by name."""
    return {
        name: value
        for group in parsed(root).get("locals", [])
        for name, value in group.items()
        if name != "__is_block__"
    }


def map_keys(expression: object) -> set[str]:
    """Return the keys of an object, also where it is written inside a function's call."""
    if isinstance(expression, dict):
        return set(expression) - {"__is_block__"}
    return set(re.findall(r"[{,]\s*([A-Za-z_]\w*)\s*=(?![=>])", str(expression)))


def known_arguments() -> dict[str, Any]:
    """Return the table of what the provider accepts, kept beside this module."""
    table: dict[str, Any] = json.loads(
        Path(__file__).with_name("google_arguments.json").read_text(encoding="utf-8")
    )
    return table


def _named(root: Path, kind: str) -> dict[str, Any]:
    return {name: body for each in parsed(root).get(kind, []) for name, body in each.items()}


def _block(path: str, body: Mapping[str, Any]) -> Block:
    blocks: list[tuple[str, Block]] = []
    arguments: dict[str, Any] = {}
    for name, value in body.items():
        if _is_blocks(value) and name not in _META:
            blocks.extend((name, _block(f"{path}.{name}", each)) for each in value)
        elif name not in _META:
            arguments[name] = value
    for dynamic in body.get("dynamic", []):
        blocks.extend(_contents(path, dynamic))
    return Block(path=path, arguments=arguments, blocks=tuple(blocks))


def _contents(path: str, dynamic: Mapping[str, Any]) -> Iterator[tuple[str, Block]]:
    for name, body in dynamic.items():
        if name != "__is_block__":
            for content in body["content"]:
                yield name, _block(f"{path}.{name}", content)


def _is_blocks(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(each, dict) and "__is_block__" in each for each in value
    )
