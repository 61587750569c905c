"""A small Secret Manager on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import google_crc32c
from google.cloud.secretmanager import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    SecretManagerServiceClient,
    SecretPayload,
)
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcTransport,
)

from google_fakes.grpc_service import GrpcService, Method, Rejected, StatusCode, channel_to


class FakeSecretManager:
    """Secrets by name, each with its versions from 1."""

    def __init__(self) -> None:
        self._versions: dict[str, list[bytes]] = {}
        self.damages = False
        """Whether answers are changed on their way."""
        self.service = GrpcService(
            {
                "/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion": Method(
                    AccessSecretVersionRequest.deserialize,
                    self._access,
                    AccessSecretVersionResponse.serialize,
                )
            }
        )

    def add(self, secret: str, content: bytes) -> None:
        """Add a version to `projects/P/secrets/NAME`."""
        self._versions.setdefault(secret, []).append(content)

    @contextmanager
    def serving(self) -> Iterator[FakeSecretManager]:
        """Answer until the block ends."""
        with self.service.serving() as address, channel_to(address) as channel:
            self._channel = channel
            yield self

    def client(self) -> SecretManagerServiceClient:
        """Build a client that is led here."""
        return SecretManagerServiceClient(
            transport=SecretManagerServiceGrpcTransport(channel=self._channel)
        )

    def _access(self, request: AccessSecretVersionRequest) -> AccessSecretVersionResponse:
        secret, _, version = request.name.partition("/versions/")
        try:
            versions = self._versions[secret]
            content = versions[-1 if version == "latest" else int(version) - 1]
        except (KeyError, IndexError):
            raise Rejected(StatusCode.NOT_FOUND, f"{request.name} not found") from None
        sent = content[:-1] + b"?" if self.damages else content
        return AccessSecretVersionResponse(
            name=request.name,
            payload=SecretPayload(data=sent, data_crc32c=google_crc32c.value(content)),
        )
