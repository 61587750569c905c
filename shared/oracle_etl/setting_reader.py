"""Reads settings from an environment and from config.yaml, noting all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, dataclass
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from oracle_etl.distinct_keys import DistinctKeys, KeyTwice
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.setting_values import declared, parsed

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_OF_THE_SPECIFICATION = frozenset(
    {
        "app",
        "auth.api_key",
        "auth.enable_bearer",
        "etl.chunk_size",
        "etl.retry_attempts",
        "gcs.default_bucket",
        "oracle.prefetch_count",
        "server.read_timeout",
        "server.write_timeout",
    }
)
"""Places of the specification's file that say nothing here; docs/requirements.md tells why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """The settings of a further source: a mapping of config.yaml."""

    name: str
    values: Mapping[str, object]


class Reader:
    """Looks a setting up in the environment, then in config.yaml, and notes what is wrong."""

    def __init__(
        self, environment: Mapping[str, str], *, groups: Sequence[type], of_a_source: type
    ) -> None:
        self.environment = environment
        self._groups = groups
        self._of_a_source = of_a_source
        self.problems: list[str] = []
        named = environment.get("CONFIG_PATH")
        self.is_named = bool(named)
        self.config = self._config_file(Path(named or "config.yaml"))

    def group(self, group: type[Any], *, section: _Section | None = None, **more: object) -> Any:  # noqa: ANN401 - an instance of the group
        """Read one group; a further source has a section of its own."""
        kinds = get_type_hints(group)
        values: dict[str, object] = dict(more)
        for each in declared(group):
            place, found = self._found(each, section)
            if found is not None:
                values[each.name] = self._parsed(each, kinds[each.name], found, place=place)
        return group(**{name: value for name, value in values.items() if value is not None})

    def sources(self) -> dict[str, Any]:
        """Read the default source, and those listed under `sources:` in config.yaml."""
        found = {"default": self.group(self._of_a_source, name="default")}
        listed = self.config.get("sources") or {}
        if not isinstance(listed, dict):
            self.problems.append("config.yaml: `sources` must map names to settings")
            return found
        for name, values in listed.items():
            if name == "default":
                self.problems.append("config.yaml: the source `default` stands under `oracle`")
            elif isinstance(values, dict):
                section = _Section(name=f"sources.{name}", values=values)
                found[f"{name}"] = self.group(self._of_a_source, section=section, name=f"{name}")
            else:
                self.problems.append(f"config.yaml: source {name} must be a mapping")
        return found

    @staticmethod
    def refuse(problems: Sequence[str]) -> None:
        """Tell all that is wrong at once, if anything is."""
        if problems:
            raise InvalidRequest(
                "the settings are not usable:\n  " + "\n  ".join(problems),
                hint="see the settings table in README.md",
            )

    def _found(self, each: Field[Any], section: _Section | None) -> tuple[str, object]:
        """Return where a setting stands and what stands there, None where nothing does."""
        variable, path = each.metadata["variable"], each.metadata["path"]
        if section is not None:
            key = path.rsplit(".", 1)[1]
            place = f"{section.name}.{key}"
            return place, self._expanded(section.values.get(key), place=place)
        place = f"{variable} ({path})"
        if variable in self.environment:
            return place, self.environment[variable]
        found: object = self.config
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return place, self._expanded(found, place=place)

    def _parsed(
        self,
        each: Field[Any],
        kind: Any,  # noqa: ANN401 - a type
        found: object,
        *,
        place: str,
    ) -> object:
        try:
            return parsed(each, kind, found)
        except (ValueError, TypeError) as error:
            self.problems.append(f"{place}: {error}")
            return None

    def _expanded(self, found: object, *, place: str) -> object:
        """Put variables into what the file says: `${NAME}`; None where a text lacks a part."""
        texts = found if isinstance(found, list) else [found]
        if any(map(self._lacks_a_part, texts)):
            # Without the name: a password that only looks like one would be shown.
            self.problems.append(
                f"{place}: a variable that it names by `${{...}}` is not set; a text that holds "
                "`${` itself has to come from the environment"
            )
            return None
        filled = [self._filled(each) for each in texts]
        return filled if isinstance(found, list) else filled[0]

    def _lacks_a_part(self, text: object) -> bool:
        """Tell whether a variable is not set beside which a text says more.

        One that is the whole text leaves it empty: one file serves processes with other variables.
        """
        if not isinstance(text, str) or _VARIABLE.fullmatch(text):
            return False
        return not self.environment.keys() >= set(_VARIABLE.findall(text))

    def _filled(self, text: object) -> object:
        if not isinstance(text, str):
            return text
        return _VARIABLE.sub(lambda match: self.environment.get(match[1], ""), text)

    def _config_file(self, path: Path) -> dict[str, Any]:
        try:
            text = path.read_text(encoding="utf-8")
            read = yaml.load(text, Loader=DistinctKeys) or {}  # noqa: S506 - a safe loader of ours
        except FileNotFoundError:
            if self.is_named:
                self.problems.append(f"CONFIG_PATH names {path}, which is not there")
            return {}
        except UnicodeDecodeError:
            self.problems.append(f"{path} cannot be read: it must be saved as UTF-8")
            return {}
        except yaml.YAMLError as error:
            # What it says shows the line, and the line may hold a password.
            what = "says a thing twice" if isinstance(error, KeyTwice) else "is not YAML"
            self.problems.append(f"{path} {what}{_where(error)}")
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self.problems.append(f"{path} cannot be read: {error}")
            return {}
        if not isinstance(read, dict):
            self.problems.append(f"{path} must hold a mapping")
            return {}
        self._refuse_unknown(read)
        return read

    def _refuse_unknown(self, read: Mapping[str, Any]) -> None:
        """Note each place of the file that no setting has: a typo must not pass in silence."""
        paths = {each.metadata["path"] for group in self._groups for each in declared(group)}
        known = paths | _OF_THE_SPECIFICATION
        for name, values in read.items():
            if name == "sources":
                self._refuse_unknown_of_sources(values)
            elif name not in known and not _is_empty_section(name, values, known):
                inner = {f"{name}.{key}" for key in values} if isinstance(values, dict) else {name}
                self._note({str(each) for each in inner} - known)

    def _refuse_unknown_of_sources(self, sources: object) -> None:
        known = {each.metadata["path"].rsplit(".", 1)[1] for each in declared(self._of_a_source)}
        for name, values in sources.items() if isinstance(sources, dict) else ():
            unknown = set(values) - known if isinstance(values, dict) else set()
            self._note({f"sources.{name}.{each}" for each in unknown})

    def _note(self, unknown: set[str]) -> None:
        self.problems += [f"config.yaml: {each} is no setting" for each in sorted(unknown)]


def _is_empty_section(name: object, values: object, known: Collection[str]) -> bool:
    return values is None and any(each.startswith(f"{name}.") for each in known)


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f": see line {mark.line + 1}, column {mark.column + 1}"
