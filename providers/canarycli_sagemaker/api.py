"""Clients of the AWS services, each built when first used."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config

from canarycli import __version__
from canarycli.errors import Denied, UsageError
from canarycli_sagemaker.errors import is_about_credentials, translated
from canarycli_sagemaker.service_models import service_models, uncollected
from canarycli_sagemaker.settings import Settings

CONFIG: dict[str, Any] = {
    "user_agent_extra": f"canarycli/{__version__}",
    "connect_timeout": 5,
    "read_timeout": 10,
    "max_pool_connections": 48,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}
"""botocore would wait 60 s and retry by itself; canary asks again in one place only (`Patient`)."""

SERVICES = ("sagemaker", "cloudwatch", "autoscaling", "runtime", "identity", "s3", "athena")
"""The clients, by their names here."""

MODEL_TIMEOUT = 65
"""Seconds; SageMaker gives a model sixty to answer."""


class Clients:
    """The account that the settings name.

    `sagemaker` is the only client a rollback needs; the others cost nothing until they are used.
    botocore's session is what boto3's wraps; without the wrapper a rollback starts 50 ms sooner.
    """

    def __init__(self, settings: Settings, sagemaker: Any = None) -> None:
        self.settings = settings
        self._given = sagemaker
        self._lock = Lock()

    @contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """One question to AWS: its errors become ours, and credentials that failed are let go.

        Keys that somebody renews in a file or by signing in again are found at the next call.

        Args:
            doing: what is tried, for the message.
        """
        try:
            with translated(doing, self.settings):
                yield
        except Denied as error:
            if is_about_credentials(error):
                self._let_go()
            raise

    def _let_go(self) -> None:
        for name in ("session", *SERVICES):
            vars(self).pop(name, None)

    @cached_property
    def session(self) -> Any:
        """Profile, region and credentials, from the usual chain."""
        with translated("read the AWS configuration", self.settings):
            session = botocore.session.Session(profile=self.settings.profile)
            session.get_scoped_config()
            models = service_models(session.get_config_variable("data_path"))
            session.register_component("data_loader", models)
            # The clients that credentials are fetched with have the same limits.
            session.set_default_client_config(Config(**CONFIG))
            return session

    @cached_property
    def region(self) -> str:
        """The region of the endpoints.

        Raises:
            UsageError: nothing says which.
        """
        if self._given is not None:
            return str(self._given.meta.region_name)
        region = self.settings.region or self.session.get_config_variable("region")
        if not region:
            raise UsageError(
                "no AWS region is set",
                hint="give --region, set AWS_REGION or write region: in canary.yaml",
            )
        return str(region)

    @cached_property
    def sagemaker(self) -> Any:
        """Endpoints, their configs and tags."""
        return self._given or self._build("sagemaker")

    @cached_property
    def cloudwatch(self) -> Any:
        """Metrics and alarms."""
        return self._build("cloudwatch")

    @cached_property
    def autoscaling(self) -> Any:
        """Which variants scale by themselves."""
        return self._build("application-autoscaling")

    @cached_property
    def runtime(self) -> Any:
        """Requests to the model itself."""
        return self._build("sagemaker-runtime", read_timeout=MODEL_TIMEOUT)

    @cached_property
    def s3(self) -> Any:
        """What data capture keeps."""
        style = {"s3": {"addressing_style": "path"}} if self.settings.endpoint_url else {}
        return self._build("s3", **style)

    @cached_property
    def athena(self) -> Any:
        """Queries of files on S3."""
        return self._build("athena")

    @cached_property
    def identity(self) -> Any:
        """Who the credentials belong to."""
        return self._build("sts")

    def _build(self, service: str, **more: Any) -> Any:
        # botocore's session builds one client at a time.
        with self._lock, translated(f"reach {service}", self.settings), uncollected():
            return self.session.create_client(
                service,
                region_name=self.region,
                endpoint_url=self.settings.endpoint_url,
                config=Config(**{**CONFIG, **more}),
            )
