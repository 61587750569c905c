"""The only builder of gateways: one home or the other, as the settings say."""

from __future__ import annotations

from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from oracle_etl.wiring.modes import mode_of_service, mode_of_worker

GOOGLE = "google"


def wire_api(settings: Settings) -> Outside:
    """Build what the HTTP API and the tick need; nothing connects before it is used."""
    if settings.home.home == GOOGLE:
        # Imported here, so that the embedded home starts without Google's libraries.
        from oracle_etl.wiring.google_home import google_home  # noqa: PLC0415

        return google_home(settings, mode=mode_of_service(settings))
    from oracle_etl.wiring.embedded_home import embedded_api  # noqa: PLC0415 - the same

    return embedded_api(settings)


def wire_worker(settings: Settings) -> Outside:
    """Build what a worker needs."""
    if settings.home.home == GOOGLE:
        from oracle_etl.wiring.google_home import google_home  # noqa: PLC0415 - as above

        return google_home(settings, mode=mode_of_worker(settings))
    from oracle_etl.wiring.embedded_home import embedded_worker  # noqa: PLC0415 - as above

    return embedded_worker(settings)
