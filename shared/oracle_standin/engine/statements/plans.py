"""Compiled statements kept for their next run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

MOST_PLANS = 2000


class Plans:
    """The plans used last, by what they depend on."""

    def __init__(self) -> None:
        self._plans: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 -- plans of every kind of statement
        """Return a plan, None where there is none."""
        with self._lock:
            if key in self._plans:
                self._plans.move_to_end(key)
            return self._plans.get(key)

    def put(self, key: Hashable, plan: object) -> None:
        """Keep a plan, and drop the one unused longest where there are too many."""
        with self._lock:
            self._plans[key] = plan
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
