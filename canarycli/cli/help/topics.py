"""The topics of `canary help`, from the same tables that docs and tests read."""

from collections.abc import Callable, Mapping, Sequence

from canarycli.cli.display.table import GAP, fitted, indented, room, table
from canarycli.errors import Exit, exit_name

EXITS: Mapping[Exit, tuple[str, str]] = {
    Exit.OK: (
        "what you asked for happened: promoted, rollback done, planned hold reached, check passed",
        "as asked",
    ),
    Exit.ERROR: ("a fault in canary itself, or doctor found problems", "verified and printed"),
    Exit.USAGE: ("bad flag, bad canary.yaml, ambiguous release", "untouched"),
    Exit.ROLLED_BACK: (
        "the judge failed the candidate, or a smoke test before any traffic did",
        "baseline 100%, confirmed",
    ),
    Exit.INCONCLUSIVE: ("not enough data in time, policy carried out", "printed"),
    Exit.PAUSED: ("held outside the plan: a person or a policy paused it", "stays"),
    Exit.STOPPED: ("a person declined the prompt, or rolled back while we drove", "printed"),
    Exit.BUSY: ("another live driver holds the endpoint", "untouched by us"),
    Exit.DENIED: ("no credentials, expired, or a permission is missing", "untouched"),
    Exit.NOT_FOUND: ("endpoint, arm, release or model does not exist", "untouched"),
    Exit.CLOUD_FAILED: (
        "the cloud refused or broke; traffic re-read and unchanged",
        "verified",
    ),
    Exit.NO_METRICS: ("a gating metric has no data, so there is no verdict", "stays"),
    Exit.TIMEOUT: ("--timeout passed, release still open", "stays"),
    Exit.UNSAFE: ("a rollback failed or traffic can't be read: a person must look", "unknown"),
    Exit.DRIFT: ("someone changed the endpoint outside canary", "printed, not touched"),
    Exit.RUNNING: ("only from status --exit-status: the release goes on", "stays"),
    Exit.INTERRUPTED: ("Ctrl-C, after --on-interrupt was carried out", "printed"),
    Exit.TERMINATED: ("SIGTERM, after --on-interrupt was carried out", "printed"),
}
"""Meaning and traffic of every exit code: a contract."""

RETRY = "Retry in CI: 7, 10, 12. Page a person: 13. Yellow: 4, 5, 6, 14. Red: 3 and the rest."
"""What a pipeline does with the codes."""

OWN_VARIABLES: Mapping[str, str] = {
    "CANARY_RELEASE": "release id or endpoint name, as the argument RELEASE",
    "CANARY_ENDPOINT": "as --endpoint",
    "CANARY_PROVIDER": "as --provider",
    "CANARY_CONFIG": "as --config",
    "CANARY_OUTPUT": "as --output",
    "CANARY_EVENTS": "as --events",
    "CANARY_NO_INPUT": "as --no-input",
    "CANARY_LOG": "quiet, info, verbose or debug, as -q, -v and --debug",
    "CANARY_ASCII": "as --ascii",
    "CANARY_STATE": "where the records of releases live: a folder, s3://, gs://, az://, postgresql://",
    "CANARY_GRAFANA_URL": "a Grafana that gets annotations: a region a stage, a point a stop",
    "CANARY_GRAFANA_TOKEN": "the token of its service account, which may write annotations",
    "CANARY_ACTOR": "who you are in the history; else the CI run or user@host",
}
"""Variables that are canary's own."""

HONOURED: tuple[str, ...] = (
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "COLUMNS",
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_OUTPUT",
    "TF_BUILD",
    "AGENT_TEMPDIRECTORY",
    "BROWSER",
    "XDG_STATE_HOME",
    "HTTPS_PROXY",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_CORE_PROJECT",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "TEMPORAL_ADDRESS",
    "TEMPORAL_NAMESPACE",
    "TEMPORAL_API_KEY",
)
"""Variables of others that mean here what they mean elsewhere."""

PRECEDENCE = (
    "flag",
    "CANARY_* variable",
    "the endpoint in canary.yaml",
    "defaults: in canary.yaml",
    "the cloud's own chain",
    "built-in",
)
"""What wins over what, the strongest first."""

KEYS: Mapping[str, str] = {
    "Enter": "agree to what is asked",
    "y": "agree",
    "n, q": "decline; nothing is changed, exit 6",
    "Ctrl-C": "leave; on the live screen it asks first, elsewhere --on-interrupt says what happens",
}
"""What a prompt understands."""


def exit_codes() -> str:
    """The topic `exit-codes`."""
    rows = [
        (str(int(code)), exit_name(code), traffic, means)
        for code, (means, traffic) in EXITS.items()
    ]
    return _page(
        "Exit codes are a contract; the traffic column says where it is left.",
        _rows(("CODE", "NAME", "TRAFFIC", "MEANS"), rows),
        RETRY,
    )


def environment() -> str:
    """The topic `env`."""
    return _page(
        "A flag wins over its variable. No secret is ever a flag.",
        _rows(("VARIABLE", "MEANS"), list(OWN_VARIABLES.items())),
        "Honoured as they are:\n" + "\n".join(f"  {name}" for name in HONOURED),
    )


def config() -> str:
    """The topic `config`."""
    order = "\n".join(f"  {n}. {word}" for n, word in enumerate(PRECEDENCE, start=1))
    return _page(
        "canary.yaml says which endpoints there are and how to release on them.",
        "Found by: --config, CANARY_CONFIG, canary.yaml here or above up to the root of the\n"
        "repository, [tool.canary] in pyproject.toml.",
        f"What wins, the strongest first:\n{order}",
        "canary lint checks it; canary schema config prints its JSON Schema for editors.",
    )


def keys() -> str:
    """The topic `keys`."""
    from canarycli.cli.display.offers import KEYS as ON_THE_SCREEN

    return _page(
        "At a prompt:",
        _rows(("KEY", "DOES"), list(KEYS.items())),
        "On the live screen:",
        _rows(("KEY", "DOES"), list(ON_THE_SCREEN.items())),
    )


def options() -> str:
    """The topic `options`."""
    from canarycli.cli.help.usage import COMMON, columns, sections
    from canarycli.cli.main import load_command

    width = room() or 100
    shared = (
        (h, [(_with_plug_ins(left), right) for left, right in rows])
        for h, rows in sections(load_command("status"))
        if h in COMMON
    )
    parts = ["\n".join((f"{head}:", *columns(rows, width))) for head, rows in shared]
    return _page("Every command takes these, after its name.", *parts)


def _with_plug_ins(option: str) -> str:
    """`--provider` with the providers of others that are installed here."""
    from canarycli.registry import OURS, provider_names

    if "--provider" not in option:
        return option
    return "|".join((option, *(name for name in provider_names() if name not in OURS)))


TOPICS: Mapping[str, Callable[[], str]] = {
    "options": options,
    "exit-codes": exit_codes,
    "env": environment,
    "config": config,
    "keys": keys,
}
"""The topics by name."""


def _page(*parts: str) -> str:
    lines = "\n\n".join(part.rstrip("\n") for part in parts).splitlines()
    return "\n".join(fitted(lines, room())) + "\n"


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    width = room()
    return "\n".join(indented(table([head, *rows], None if width is None else width - len(GAP))))
