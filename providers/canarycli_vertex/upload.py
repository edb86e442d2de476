"""The process that speaks to Google's SDK: files to Cloud Storage, a version to the registry."""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import google.auth.exceptions
import requests
from google.api_core import exceptions
from google.cloud.storage import Client

from canarycli.child import Making, Progress, carry_out
from canarycli.errors import NotFound, Rejected, Unavailable
from canarycli.local_files import files_at
from canarycli_vertex.api import Api
from canarycli_vertex.credentials import Tokens
from canarycli_vertex.errors import refusal
from canarycli_vertex.settings import Settings
from canarycli_vertex.wire import Response, Wire

CHUNK = 8 * 1024 * 1024
"""Bytes that are sent, and told of, at once."""

LATE = 20
"""Seconds in which a version whose upload was interrupted may still come into being."""


class Maker:
    """Makes one version."""

    def __init__(self, order: Mapping[str, Any], making: Making) -> None:
        self._wanted, self._labels, self._making = order["wanted"], order["labels"], making
        self._settings = Settings.read(order["place"], os.environ)
        self._late = LATE
        self._credentials = Tokens(self._settings, Wire()).load()

    def make(self) -> Mapping[str, Any]:
        """Do it all."""
        if self._wanted["size"] is not None:
            self._store()
        number = self._register()
        model = f"{self._wanted['parent']}@{number}"
        return {"model": model, "made": self._making.made}

    def _store(self) -> None:
        to = self._wanted["to"]
        name, _, prefix = to.removeprefix("gs://").partition("/")
        source = Path(self._wanted["source"]).expanduser()
        with _answering(f"upload to {to}"):
            client = Client(self._settings.project, credentials=self._credentials)
            bucket = client.bucket(name)
            self._making.note(to, lambda: _delete(bucket, prefix))
            told = Progress(f"uploading to {to}", self._wanted["size"], self._making.say)
            for path, below in files_at(source):
                blob = bucket.blob(f"{prefix}/{below}", chunk_size=CHUNK)
                with path.open("rb") as file:
                    size = path.stat().st_size
                    # Nothing of anybody's is written over, and a part may be sent again.
                    blob.upload_from_file(Watched(file, told), size=size, if_generation_match=0)

    def _register(self) -> str:
        from google.cloud import aiplatform

        wanted, alias = self._wanted, self._wanted["alias"]
        model = wanted["parent"].rpartition("/")[2]
        self._making.say(f"registering {alias} as a version of models/{model}")
        settings = self._settings
        aiplatform.init(
            project=settings.project,
            location=settings.region,
            credentials=self._credentials,
            api_endpoint=settings.api,
            api_transport="rest",
        )
        self._making.note(f"models/{model}@{alias}", self._forget)
        with self._told(), _answering(f"register a version of models/{model}"):
            uploaded = aiplatform.Model.upload(
                artifact_uri=wanted["to"],
                parent_model=wanted["parent"],
                is_default_version=False,
                version_aliases=[alias],
                display_name=wanted["display"],
                labels=self._labels,
                encryption_spec_key_name=wanted["key"] or None,
                **_container(wanted["container"]),
            )
        return str(uploaded.version_id)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Inside, Google says whether there is a version; only an interrupt leaves that open."""
        try:
            yield
        except Exception:
            self._late = 0
            raise

    def _forget(self) -> None:
        """Delete the version, also one whose making could only be interrupted on this side."""
        api, until = Api(self._settings), time.monotonic() + self._late
        while True:
            try:
                found = api.get(f"{self._wanted['parent']}@{self._wanted['alias']}")
            except (NotFound, Rejected):
                if time.monotonic() > until:
                    return
                time.sleep(1)
                continue
            api.delete(f"{self._wanted['parent']}@{found['versionId']}:deleteVersion")
            return


class Watched:
    """A file that tells how much of it was read, for the first time."""

    def __init__(self, file: IO[bytes], told: Callable[[int], None]) -> None:
        self._file, self._told, self._furthest = file, told, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        here = self._file.tell()
        if here > self._furthest:
            self._told(here - self._furthest)
            self._furthest = here
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go back, to send a part again."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()


def _container(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A container as `Model.upload` wants to be told."""
    found: dict[str, Any] = {
        "image_uri": spec["imageUri"],
        "command": spec.get("command"),
        "args": spec.get("args"),
        "environment_variables": {one["name"]: one["value"] for one in spec.get("env", [])},
        "ports": [one["containerPort"] for one in spec.get("ports", [])],
        "grpc_ports": [one["containerPort"] for one in spec.get("grpcPorts", [])],
        "predict_route": spec.get("predictRoute"),
        "health_route": spec.get("healthRoute"),
        "invoke_route_prefix": spec.get("invokeRoutePrefix"),
        "deployment_timeout": _seconds(spec.get("deploymentTimeout")),
        "shared_memory_size_mb": _whole(spec.get("sharedMemorySizeMb")),
        **_probe("startup_probe", spec.get("startupProbe") or {}),
        **_probe("health_probe", spec.get("healthProbe") or {}),
    }
    return {f"serving_container_{name}": value for name, value in found.items() if value}


def _probe(name: str, probe: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{name}_exec": (probe.get("exec") or {}).get("command"),
        f"{name}_period_seconds": _whole(probe.get("periodSeconds")),
        f"{name}_timeout_seconds": _whole(probe.get("timeoutSeconds")),
    }


def _seconds(duration: str | None) -> int | None:
    """`600s` as a number."""
    return int(float(duration.removesuffix("s"))) if duration else None


def _whole(number: str | int | None) -> int | None:
    """An int64, which JSON has as text."""
    return int(number) if number else None


def _delete(bucket: Any, prefix: str) -> None:
    """Delete everything below a prefix that is ours alone, with all its versions."""
    for blob in bucket.list_blobs(prefix=f"{prefix}/", versions=True):
        blob.delete()


@contextmanager
def _answering(doing: str) -> Iterator[None]:
    """Google's refusals in our words, whichever of its libraries heard them."""
    try:
        yield
    except exceptions.GoogleAPICallError as error:
        response = getattr(error, "response", None)
        if isinstance(response, requests.Response) and response.status_code >= 400:
            said = refusal(
                Response(response.url, response.status_code, response.headers, response.content)
            )
            said.message = f"can't {doing}: {said.message}"
            raise said from error
        raise Rejected(f"can't {doing}: {error.message}") from error
    except google.auth.exceptions.GoogleAuthError as error:
        raise Unavailable(f"can't {doing}: no token from google: {error}") from error
    except (requests.exceptions.RequestException, exceptions.RetryError) as error:
        raise Unavailable(f"can't {doing}: no answer from google: {error}") from error
    except (ValueError, RuntimeError, exceptions.GoogleAPIError) as error:
        raise Rejected(f"can't {doing}: {error}") from error


def main() -> None:
    """Carry out one order."""
    warnings.simplefilter("ignore")
    carry_out(lambda order, making: Maker(order, making).make())


if __name__ == "__main__":
    main()
