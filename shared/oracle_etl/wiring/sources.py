"""The configured Oracles, each opened when it is first asked for."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from oracle_etl.gateways.oracle import OracleConnection, OracleScratchSchema, OracleTableSource
from oracle_etl.gateways.wallet_files import unpack_wallet
from oracle_etl.model.errors import InvalidRequest, SourceMisconfigured
from oracle_etl.ports import Clock, LoginRefusals, ScratchSchema, SecretVault, TableSource
from oracle_etl.settings import GoogleSettings, Secret, SourceSettings


class Sources:
    """Opens sources by their names and closes them all."""

    def __init__(
        self,
        configured: Mapping[str, SourceSettings],
        *,
        vault: SecretVault | None,
        mode: str,
        refusals: LoginRefusals | None = None,
    ) -> None:
        self._configured = configured
        self._refusals = refusals
        self._mode = mode
        self._vault = vault
        self._lock = threading.Lock()
        self._opened: dict[str, TableSource] = {}
        self._wallets: list[Path] = []

    def named(self, name: str) -> TableSource:
        """Return a source; InvalidRequest where none of this name is configured."""
        with self._lock:
            if name not in self._opened:
                self._opened[name] = OracleTableSource(self._connection(self._settings(name)))
            return self._opened[name]

    def scratch(self, name: str, *, clock: Clock) -> ScratchSchema:
        """Return the schema of a source's account; whoever asks for it closes it."""
        return OracleScratchSchema(self._connection(self._settings(name)), clock=clock)

    def close(self) -> None:
        """Close what was opened, and remove what was unpacked."""
        with self._lock:
            opened, self._opened = self._opened, {}
            wallets, self._wallets = self._wallets, []
        for source in opened.values():
            source.close()
        for wallet in wallets:
            shutil.rmtree(wallet, ignore_errors=True)

    def _settings(self, name: str) -> SourceSettings:
        configured = self._configured.get(name)
        if configured is None:
            raise InvalidRequest(
                f"there is no source {name!r}",
                hint="name one that config.yaml lists under `sources`, or leave it out",
                details={"source": sorted(self._configured)},
            )
        if not configured.is_configured:
            raise InvalidRequest(
                f"the source {name!r} has no address or no user",
                hint="set ORACLE_DSN (or ORACLE_TNS_NAME), ORACLE_USERNAME and ORACLE_PASSWORD",
            )
        return configured

    def _connection(self, source: SourceSettings) -> OracleConnection:
        wallet = self._wallet(source.wallet_path)
        return OracleConnection(
            source=source.name,
            dsn=source.address,
            user=source.username,
            password=partial(revealed, source.password, self._vault),
            wallet_location=wallet,
            wallet_password=partial(revealed, source.wallet_password, self._vault),
            config_dir=wallet,
            mode=self._mode,
            client_library=source.client_library or self._any_client_library(),
            pool_min=source.pool_min,
            pool_max=source.pool_max,
            call_timeout_seconds=source.call_timeout,
            connect_timeout_seconds=source.connect_timeout,
            source_encoding=source.source_encoding,
            fetch_rows=source.fetch_array_size,
            refusals=self._refusals,
        )

    def _any_client_library(self) -> str:
        """Return the folder that some source names: whichever connects first loads it for all."""
        named = (each.client_library for each in self._configured.values())
        return next(filter(None, named), "")

    def _wallet(self, path: str) -> str:
        """Return the folder of a wallet that is given as a folder, a zip or a secret."""
        reference = Secret(path)
        if reference.is_reference:
            content = _from_vault(reference, self._vault)
        elif path.endswith(".zip"):
            content = _zip_at(path)
        else:
            return path
        unpacked = unpack_wallet(content, beneath=Path(tempfile.gettempdir()))
        self._wallets.append(unpacked)
        return str(unpacked)


def _zip_at(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SourceMisconfigured(
            f"the wallet at {path} cannot be read: {error.strerror}",
            hint="let ORACLE_WALLET_PATH name a folder, a zip or a secret that this account may "
            "read",
        ) from error


def vault_of(google: GoogleSettings) -> SecretVault | None:
    """Return the project's vault; without a project, secrets stand in the settings themselves."""
    if not google.project_id:
        return None
    # Imported here, so that a home without a project needs none of Google's libraries.
    from oracle_etl.gateways.google.secret_manager import SecretManagerVault  # noqa: PLC0415

    return SecretManagerVault(google.project_id)


def revealed(secret: Secret, vault: SecretVault | None) -> str:
    """Return a secret's text, fetched from the vault where the settings only name it."""
    if not secret.is_reference:
        return secret.reveal()
    try:
        # Whoever stores a secret from a file stores the end of its line, too.
        return _from_vault(secret, vault).decode().strip("\r\n")
    except UnicodeDecodeError:
        # Without the error, which holds the secret.
        raise SourceMisconfigured(
            f"the secret {secret.reference} is no text",
            hint="add a version of it that is UTF-8",
        ) from None


def _from_vault(secret: Secret, vault: SecretVault | None) -> bytes:
    if vault is None:
        raise SourceMisconfigured(
            "the settings name a secret by reference, and there is no vault to look in",
            hint="set GCS_PROJECT_ID to the project that keeps it, or put the value itself there",
        )
    return vault.secret(secret.reference)
