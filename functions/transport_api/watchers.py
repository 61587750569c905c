"""The operation by which a web page gets to listen to Firestore itself."""

from __future__ import annotations

from oracle_etl.model.transport import DEFAULT_TENANT
from transport_api.call import Call, Reply
from transport_api.problems import NoSuchPath
from transport_api.requests import Nothing, NothingAsked
from transport_api.service_answers import WatcherAnswer


def sign_in(call: Call[NothingAsked, Nothing]) -> Reply:
    """Give a caller, who may read everything here, a token to read it in Firestore."""
    outside = call.outside
    if outside.sign_in is None:
        raise NoSuchPath(
            "nothing can be listened to here but event streams",
            hint="read GET /api/jobs/{id}/events; on Google, set WATCHER_ACCOUNT",
        )
    token = outside.sign_in.token(tenant=DEFAULT_TENANT)
    google = call.service.settings.google
    return Reply(
        content=WatcherAnswer(
            custom_token=token.text,
            expires_at=token.expires_at,
            tenant=DEFAULT_TENANT,
            project_id=google.project_id,
            database=google.database,
        )
    )
