"""A datastore of the workspace: a person's files into a folder of it, and out again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from canarycli.child import Progress
from canarycli.errors import Unsupported
from canarycli.local_files import files_at
from canarycli_azureml.sdk import answering

CHUNK = 8 * 1024 * 1024
"""Bytes that are sent, and told of, at once."""


class Store:
    """One datastore, "" for the workspace's own, opened with what the workspace knows of it.

    Raises:
        Unsupported: it keeps no blobs.
    """

    def __init__(self, client: Any, name: str, credential: Any) -> None:
        from azure.ai.ml.entities import AzureBlobDatastore
        from azure.storage.blob import BlobServiceClient

        with answering(f"reading datastore {name!r}" if name else "reading the default datastore"):
            stores = client.datastores
            found = stores.get(name) if name else stores.get_default()
            if not isinstance(found, AzureBlobDatastore):
                raise Unsupported(
                    f"datastore {found.name!r} is no Blob Storage",
                    hint="name another: candidate: {upload_to: azureml://datastores/NAME/paths/…}",
                )
        self.name = str(found.name)
        service = BlobServiceClient(
            f"{found.protocol}://{found.account_name}.blob.{found.endpoint}",
            credential=_key(stores, found) or credential,
            max_single_put_size=CHUNK,
            max_block_size=CHUNK,
        )
        self._container = service.get_container_client(str(found.container_name))

    def put(self, source: Path, folder: str, told: Progress) -> None:
        """Upload a file, or all of a folder; nothing of anybody's is written over."""
        for path, below in files_at(source):
            gone = _Hook(told)
            with path.open("rb") as file, answering(f"uploading to {folder}"):
                self._container.upload_blob(
                    f"{folder}/{below}",
                    file,
                    length=path.stat().st_size,
                    overwrite=False,
                    progress_hook=gone,
                )
            gone(path.stat().st_size, None)

    def remove(self, folder: str) -> None:
        """Delete everything below a folder that is ours alone; a folder's own blob comes last."""
        with answering(f"deleting {folder}"):
            listed = self._container.list_blobs(f"{folder}/", include=["uncommittedblobs"])
            for name in sorted((blob.name for blob in listed), reverse=True):
                self._delete(name)

    def _delete(self, name: str) -> None:
        """Delete a blob; of one that broke off the blocks there are, which cost like others."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            self._container.delete_blob(name, delete_snapshots="include")
        except ResourceNotFoundError:
            self._container.upload_blob(name, b"", overwrite=True)
            self._container.delete_blob(name)


class _Hook:
    """Hears how much of a file has gone so far, and tells how much more that is."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told, self._so_far = told, 0

    def __call__(self, so_far: int, _size: int | None) -> None:
        self._told(so_far - self._so_far)
        self._so_far = so_far


def _key(stores: Any, found: Any) -> Any:
    """The key or signature that the workspace keeps for it; None to come as oneself.

    Who may not see it, or a store without one, is let in by a role of theirs or not at all.
    """
    from azure.ai.ml.entities import NoneCredentialConfiguration
    from azure.core.exceptions import HttpResponseError

    if isinstance(found.credentials, NoneCredentialConfiguration):
        return None
    try:
        kept = stores.get(found.name, include_secrets=True).credentials
    except HttpResponseError:
        return None
    return getattr(kept, "sas_token", None) or getattr(kept, "account_key", None)
