"""The options that sit on every command, collected into one value.

A command asks for them with one parameter, `common: Common`; `canarycli.cli.command` turns it
into the parameters declared here.
"""

import os
import sys
from collections.abc import Mapping
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.address import OPTIONS, Address


class Scope(Enum):
    """How much of `Common` a command shows; every command accepts all of its options."""

    RELEASE = "with RELEASE as an argument"
    NAMED = "with ENDPOINT as an argument: there is no release yet, or none is meant"
    ENDPOINT = "without it"
    LOCAL = "without it, and the cloud's options are not in the help"


class Format(StrEnum):
    """What stdout carries."""

    AUTO = "auto"
    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    NDJSON = "ndjson"


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Talk(StrEnum):
    """How much goes to stderr."""

    QUIET = "quiet"
    INFO = "info"
    VERBOSE = "verbose"
    DEBUG = "debug"


CLOUD = "Where the endpoint is"
SCREEN = "Common options"


ENDPOINT = Argument(
    metavar="ENDPOINT",
    envvar="CANARY_RELEASE",
    help="Endpoint in canary.yaml, or the cloud's name for it; else canary.yaml's only one",
)
"""What the argument is where no release is meant."""


@dataclass(frozen=True, slots=True)
class Common:
    """What every command was told, flags before environment variables.

    An option nobody set is None, and canary.yaml or the cloud's own chain decides.
    """

    release: Annotated[
        str | None,
        Argument(
            metavar="RELEASE",
            envvar="CANARY_RELEASE",
            help="Release id (r-7k2f) or endpoint name; else canary.yaml's, or the only one open",
        ),
    ] = None
    endpoint: Annotated[
        str | None,
        Option(
            "--endpoint",
            "-e",
            metavar="NAME",
            envvar="CANARY_ENDPOINT",
            help="Endpoint in canary.yaml, or the cloud's name for it with --provider",
            rich_help_panel=CLOUD,
        ),
    ] = None
    provider: Annotated[
        str | None,
        Option(
            metavar="sagemaker|vertex|azureml|demo",
            envvar="CANARY_PROVIDER",
            help="Which cloud, or an installed provider of others; needed only without a config",
            rich_help_panel=CLOUD,
        ),
    ] = None
    config: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            envvar="CANARY_CONFIG",
            help="Config file; else canary.yaml here or above",
            rich_help_panel=CLOUD,
        ),
    ] = None
    profile: Annotated[
        str | None,
        Option(metavar="NAME", help="AWS: credentials profile", rich_help_panel=CLOUD),
    ] = None
    region: Annotated[
        str | None,
        Option(metavar="NAME", help="AWS, Google Cloud: region", rich_help_panel=CLOUD),
    ] = None
    project: Annotated[
        str | None, Option(metavar="ID", help="Google Cloud: project", rich_help_panel=CLOUD)
    ] = None
    subscription: Annotated[
        str | None, Option(metavar="ID", help="Azure: subscription", rich_help_panel=CLOUD)
    ] = None
    resource_group: Annotated[
        str | None, Option(metavar="NAME", help="Azure: resource group", rich_help_panel=CLOUD)
    ] = None
    workspace: Annotated[
        str | None,
        Option(metavar="NAME", help="Azure: machine learning workspace", rich_help_panel=CLOUD),
    ] = None
    set: Annotated[
        list[str] | None,
        Option(
            metavar="KEY=VALUE",
            help="A setting of the provider's own, as in canary.yaml; may be repeated",
            rich_help_panel=CLOUD,
        ),
    ] = None
    output: Annotated[
        Format,
        Option(
            "--output",
            "-o",
            envvar="CANARY_OUTPUT",
            help="What stdout carries",
            rich_help_panel=SCREEN,
        ),
    ] = Format.AUTO
    query: Annotated[
        str | None,
        Option(metavar="JMESPATH", help="Filter the output of -o json", rich_help_panel=SCREEN),
    ] = None
    events: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            envvar="CANARY_EVENTS",
            help="Write every event to FILE as ndjson, beside the human view",
            rich_help_panel=SCREEN,
        ),
    ] = None
    no_input: Annotated[
        bool,
        Option(
            "--no-input",
            envvar="CANARY_NO_INPUT",
            help="Never prompt; on without a terminal or with CI set",
            rich_help_panel=SCREEN,
        ),
    ] = False
    quiet: Annotated[
        bool, Option("--quiet", "-q", help="Say only what must be said", rich_help_panel=SCREEN)
    ] = False
    verbose: Annotated[bool, Option("--verbose", "-v", help="Say more", rich_help_panel=SCREEN)] = (
        False
    )
    debug: Annotated[
        bool,
        Option(
            "--debug",
            help="Show HTTP lines with secrets masked, and full tracebacks",
            rich_help_panel=SCREEN,
        ),
    ] = False
    color: Annotated[Color, Option(help="When to colour", rich_help_panel=SCREEN)] = Color.AUTO
    ascii: Annotated[
        bool,
        Option(
            "--ascii",
            envvar="CANARY_ASCII",
            help="Draw with ASCII characters only",
            rich_help_panel=SCREEN,
        ),
    ] = False

    @property
    def talk(self) -> Talk:
        """How much goes to stderr: the flags, else `CANARY_LOG`.

        Raises:
            UsageError: `CANARY_LOG` is none of the words.
        """
        for asked, level in (
            (self.debug, Talk.DEBUG),
            (self.verbose, Talk.VERBOSE),
            (self.quiet, Talk.QUIET),
        ):
            if asked:
                return level
        return talk_from(os.environ)

    @property
    def may_ask(self) -> bool:
        """Whether a person is there to answer a prompt."""
        return not self.no_input and not os.environ.get("CI") and sys.stdin.isatty()

    @property
    def address(self) -> Address:
        """Which endpoint is meant."""
        settings = {name: value for name in OPTIONS if (value := getattr(self, name))}
        settings |= dict(map(_pair, self.set or ()))
        return Address(self.release, self.endpoint, self.provider, self.config, settings)


Named = Annotated[Common, Scope.NAMED]
"""For commands that act on an endpoint, in a release or not."""

WithoutRelease = Annotated[Common, Scope.ENDPOINT]
"""For commands that do not act on one release."""

Local = Annotated[Common, Scope.LOCAL]
"""For commands that never reach a cloud."""


def _pair(said: str) -> tuple[str, str]:
    key, sign, value = said.partition("=")
    if not sign or not key:
        raise UsageError(f"--set {said!r} is not KEY=VALUE", hint="such as --set admin_url=URL")
    return key.strip().replace("-", "_"), value


def talk_from(env: Mapping[str, str]) -> Talk:
    """How much `CANARY_LOG` asks for."""
    word = env.get("CANARY_LOG") or Talk.INFO
    try:
        return Talk(word)
    except ValueError as error:
        raise UsageError(f"CANARY_LOG is {word!r}", hint=f"set it to {', '.join(Talk)}") from error
