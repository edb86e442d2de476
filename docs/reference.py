"""The page on canary.yaml: every key from the JSON Schema, with an example that lint accepts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples"

HEAD = """\
# canary.yaml

<!-- written by docs/generate.py; change the program or docs/examples, not this page -->

Found by `--config`, `CANARY_CONFIG`, `canary.yaml` here or above up to the root of the repository,
or `[tool.canary]` in pyproject.toml. `canary lint` checks it, with line and column; `canary schema
config` prints its JSON Schema, for editors. A duration has its unit: `30s`, `15m`, `1h30m`. A key
that is not on this page is refused. The examples are files under `docs/examples`.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        title: its heading.
        models: names of the schema's definitions whose keys it explains; "" is the file itself.
        example: the file under docs/examples that has each of these keys.
    """

    title: str
    models: tuple[str, ...]
    example: str


SECTIONS = (
    Section("The file, and what holds for every endpoint", ("", "DefaultsModel"), "defaults"),
    Section("An endpoint on SageMaker", ("sagemaker endpoint", "PredictionsModel"), "sagemaker"),
    Section("An endpoint on Vertex AI", ("vertex endpoint",), "vertex"),
    Section("An endpoint on Azure ML", ("azureml endpoint",), "azureml"),
    Section("A pretend endpoint", ("SimulatorModel",), "simulator"),
    Section(
        "A plan",
        ("PlanModel", "StageModel", "ShadowModel", "SmokeModel", "ExpectModel", "WaitModel"),
        "plan",
    ),
    Section("Checks", ("CheckModel", "AlarmModel", "CloudWatch"), "checks"),
    Section(
        "Metrics of your own",
        ("CustomMetric", "CloudMonitoring", "AzureMonitor", "SimulatorMetric"),
        "metrics",
    ),
    Section(
        "Sources of figures",
        (
            "SourceModel",
            "PostgresModel",
            "BigQueryModel",
            "AthenaModel",
            "CloudWatchStore",
            "CloudMonitoringStore",
            "AzureMonitorStore",
            "AzureLogsModel",
            "DatadogModel",
            "DatabricksModel",
            "SnowflakeModel",
            "WebModel",
            "OAuthModel",
            "SigV4Model",
            "FromModel",
            "LabelsModel",
        ),
        "sources",
    ),
    Section("Records of a team, and who drives", ("StateModel",), "state"),
    Section("Who hears of it", ("NotifyModel",), "notify"),
    Section("When nothing goes up", ("FreezeModel",), "freeze"),
)

DURATION = "(ms)?)?$"
"""How the pattern of a duration ends, and no other."""

ELSEWHERE = frozenset({"OtherModel"})
"""What has no section: settings of a provider in a package of its own are explained by it."""


def configuration_page(schema: Mapping[str, Any]) -> str:
    """docs/canary-yaml.md, from the schema of canary.yaml."""
    return "\n".join([HEAD, *(part for section in SECTIONS for part in _section(section, schema))])


def keys(schema: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """The keys of one definition, or of the file itself, with what the schema says of each."""
    found: Mapping[str, Any] = (schema["$defs"][model] if model else schema)["properties"]
    return found


def example(section: Section) -> str:
    """Its example, a whole canary.yaml."""
    return (EXAMPLES / f"{section.example}.yaml").read_text(encoding="utf-8")


def _section(section: Section, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield f"```yaml\n{example(section)}```\n"
    for model in section.models:
        about = schema["$defs"][model] if model else schema
        if model:
            yield f"{' '.join(about['description'].split())}\n"
        required = about.get("required", ())
        yield "| key | value | means |\n|---|---|---|"
        for key, said in keys(schema, model).items():
            means = _means(said) or _of_the_mapping(said, schema)
            yield f"| `{key}`{' *' if key in required else ''} | {_value(said)} | {means} |"
        yield ""
        if required:
            yield "`*` must be there.\n"


def _means(said: Mapping[str, Any]) -> str:
    words = str(said.get("description", "")).replace("|", "\\|")
    default = said.get("default")
    if default in (None, [], "") or isinstance(default, dict):
        return words
    return f"{words}; else `{_word(default)}`".lstrip("; ")


def _of_the_mapping(said: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What the schema says of the mapping that a key takes, without its last stop."""
    for choice in (said, said.get("items", {}), *said.get("anyOf", ())):
        if "$ref" in choice:
            about = schema["$defs"][choice["$ref"].removeprefix("#/$defs/")]["description"]
            return str(about).split("\n\n", maxsplit=1)[0].removesuffix(".")
    return ""


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}".removesuffix(".0")


def _value(said: Mapping[str, Any]) -> str:
    """What kind of value a key takes, in a word or two."""
    choices = said.get("oneOf") or said.get("anyOf")
    if choices:
        return " or ".join(dict.fromkeys(_value(c) for c in choices if c.get("type") != "null"))
    if "$ref" in said:
        return "a mapping"
    if "const" in said:
        return f"`{said['const']}`"
    if "enum" in said:
        return ", ".join(f"`{choice}`" for choice in said["enum"])
    return _kind(said)


def _kind(said: Mapping[str, Any]) -> str:
    match said.get("type"):
        case "array":
            return "a list"
        case "object":
            return "a mapping"
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return "a whole number"
        case "number":
            return "a number"
        case _:
            return "a duration" if DURATION in said.get("pattern", "") else "text"
