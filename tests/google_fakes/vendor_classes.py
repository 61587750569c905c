"""Every exception that Google's libraries declare, for tests of the tables that name them."""

from __future__ import annotations

import inspect

from google.api_core import exceptions as google_errors
from google.auth import exceptions as sign_in_errors


def every_call_error() -> list[type[Exception]]:
    """Return what a call may raise, below GoogleAPIError."""
    declared = vars(google_errors).values()
    return [
        each
        for each in declared
        if inspect.isclass(each)
        and issubclass(each, google_errors.GoogleAPIError)
        and each is not google_errors.GoogleAPIError
    ]


def every_sign_in_error() -> list[type[Exception]]:
    """Return what signing in may raise."""
    declared = vars(sign_in_errors).values()
    return [
        each
        for each in declared
        if inspect.isclass(each) and issubclass(each, sign_in_errors.GoogleAuthError)
    ]
