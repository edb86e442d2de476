"""What moto is right about: alarms, autoscaling, identity, S3; loaded at the first call."""

import importlib
import io
from datetime import UTC, datetime
from typing import Any

from .wire import Answer

ACCOUNT = "123456789012"
RESET = ("cloudwatch", "application-autoscaling", "s3")


class Others:
    """moto's own application, in this process."""

    def __init__(self) -> None:
        self._app: Any = None

    def load(self) -> Any:
        """moto's application, loaded with all that is asked here."""
        if self._app is None:
            moto: Any = importlib.import_module("moto.server")
            self._app = moto.DomainDispatcherApplication(moto.create_backend_app)
            for service in (*RESET, "sts"):
                _backends(service)
        return self._app

    def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
        from werkzeug.test import run_wsgi_app

        chunks, status, headers = run_wsgi_app(
            self.load(), {**environ, "wsgi.input": io.BytesIO(body)}, buffered=True
        )
        return Answer(int(status.split()[0]), b"".join(chunks), dict(headers.items()))

    def reset(self) -> None:
        if self._app is not None:
            for service in RESET:
                _backends(service).reset()

    def is_scalable(self, resource: str) -> bool:
        """Whether a variant is registered for autoscaling."""
        if self._app is None:
            return False
        regions = _backends("application-autoscaling")[ACCOUNT]
        return any(
            resource in targets
            for backend in regions.values()
            for targets in backend.targets.values()
        )


def put(where: str, key: str, body: bytes, at: float) -> None:
    """An object below an s3:// address; its bucket is made where there is none."""
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    backend = _backends("s3")[ACCOUNT]["aws"]
    if bucket not in backend.buckets:
        backend.create_bucket(bucket, "us-east-1")
    made = backend.put_object(bucket, "/".join(filter(None, (prefix.strip("/"), key))), body)
    made.last_modified = datetime.fromtimestamp(at, UTC)


def _backends(service: str) -> Any:
    return importlib.import_module("moto.backends").get_backend(service)
