"""The process that speaks to azure-ai-ml: files to a datastore, a model to the workspace."""

import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from canarycli.child import Making, Progress, carry_out, uninterrupted
from canarycli.errors import NotFound, Rejected
from canarycli.provider import RELEASE_NOTE
from canarycli_azureml.api import Session
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import Unanswered
from canarycli_azureml.sdk import answering, client_of, refusing
from canarycli_azureml.settings import Settings
from canarycli_azureml.storage import Store


class Maker:
    """Makes one model."""

    def __init__(self, order: Mapping[str, Any], making: Making) -> None:
        self._wanted, self._release, self._making = order["wanted"], order["release"], making
        self._settings = Settings.read(order["place"], {})
        self._session = Session(self._settings)
        self._client = client_of(self._settings)

    def make(self) -> Mapping[str, Any]:
        """Do it all."""
        wanted = self._wanted
        path = wanted["source"] if wanted["size"] is None else self._store()
        version = wanted["version"] or self._next()
        self._register(path, version)
        return {"model": f"{wanted['name']}:{version}", "made": self._making.made}

    def _store(self) -> str:
        wanted = self._wanted
        source, folder = Path(wanted["source"]).expanduser().absolute(), wanted["folder"]
        signing = credential(self._settings.cloud, os.environ)
        store = Store(self._client, wanted["store"], signing)
        where = f"azureml://datastores/{store.name}/paths/{folder}"
        self._making.note(where, lambda: store.remove(folder))
        told = Progress(f"uploading to {where}", wanted["size"], self._making.say)
        # A folder keeps its name: scoring scripts know it below AZUREML_MODEL_DIR.
        inside = f"{folder}/{source.name}" if source.is_dir() else folder
        store.put(source, inside, told)
        return f"{where}/{source.name}"

    def _next(self) -> str:
        """The version after the newest; the release's name where versions are no numbers."""
        name = self._wanted["name"]
        try:
            found = self._session.get(self._path(), f"reading model {name!r}")
        except NotFound:
            return "1"
        return str((found.get("properties") or {}).get("nextVersion") or self._release)

    def _register(self, path: str, version: str) -> None:
        from azure.ai.ml.entities import Model

        wanted = self._wanted
        called = f"{wanted['name']}:{version}"
        doing = f"registering {called}"
        self._making.say(doing)
        model = Model(
            path=path,
            type=wanted["kind"],
            name=wanted["name"],
            version=version,
            tags={RELEASE_NOTE: self._release},
        )
        with uninterrupted():
            self._making.note(f"model {called}", lambda: self._forget(version))
            with answering(doing), refusing(doing, Rejected):
                self._client.models.create_or_update(model)

    def _forget(self, version: str) -> None:
        """Delete the version, if it is there and ours, and see that it is gone."""
        path, doing = f"{self._path()}/versions/{version}", "deleting the model"
        with suppress(NotFound):
            found = self._session.get(path, doing).get("properties") or {}
            if (found.get("tags") or {}).get(RELEASE_NOTE) != self._release:
                return
            with suppress(Unanswered):  # Azure says nothing where it has deleted one
                self._session.call("DELETE", path, doing)
            self._session.get(path, doing)
            raise Rejected(f"{doing}: it is still there")

    def _path(self) -> str:
        return f"{self._settings.path}/models/{self._wanted['name']}"


def main() -> None:
    """Carry out one order."""
    warnings.simplefilter("ignore")
    carry_out(lambda order, making: Maker(order, making).make())


if __name__ == "__main__":
    main()
