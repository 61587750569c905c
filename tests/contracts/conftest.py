"""Let failing asserts of the contracts show their values."""

import pytest

pytest.register_assert_rewrite("contracts")
