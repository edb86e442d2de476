"""New endpoint configs made from live ones. Pure: configs in, the request for the next one out."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from canarycli.errors import NotFound, Unsupported, UsageError
from canarycli.late_methods import dataclass
from canarycli.likeness import Fate, likeness
from canarycli.traffic import Traffic
from canarycli_sagemaker.fields import CONFIG, VARIANT
from canarycli_sagemaker.raw import Look

MOST_VARIANTS = 10
"""Production variants of one config (CreateEndpointConfig's model)."""

LONGEST_NAME = 63
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
"""What endpoints, variants, configs and models can be called."""

_ARN = re.compile(
    r"arn:[^:]+:sagemaker:(?P<region>[^:]*):(?P<account>[^:]*):(?P<kind>[a-z-]+)/(?P<name>.+)"
)

NOT_TO_SAY = {
    "VariantName": "the model's name, so that any machine finds it",
    "ModelName": "what --new-model says",
    "InitialVariantWeight": "0 until the first stage",
    "ServerlessConfig": "nothing that stands beside instances",
}
"""Of a candidate's variant: what the release itself decides."""

Spec = dict[str, Any]
"""One variant, in the words of CreateEndpointConfig."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What to deploy: the options under `candidate:` in canary.yaml, checked.

    Attributes:
        instances: how many; None for what the largest share needs.
        instance_type: None for the baseline's.
        largest_percent: the largest share the plan gives the candidate.
        variant: anything else, in the words of AWS's ProductionVariant.
    """

    name: str
    model: str
    instances: int | None = None
    instance_type: str | None = None
    largest_percent: float = 100.0
    variant: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, name: str, model: str, options: Mapping[str, Any]) -> "Candidate":
        """The candidate that the options describe.

        Raises:
            UsageError: an option that is unknown or makes no sense.
        """
        known = {"instances", "instance_type", "largest_percent", "variant"}
        unknown = sorted(set(options) - known)
        if unknown:
            raise UsageError(
                f"candidate has no option {unknown[0]!r} on SageMaker",
                hint=f"it has {', '.join(sorted(known))}",
            )
        instances = options.get("instances")
        if instances is not None and (not isinstance(instances, int) or instances < 1):
            raise UsageError(f"candidate.instances is a whole number above 0, not {instances!r}")
        _check_variant(options)
        return cls(name=name, model=model, **options)


def _check_variant(options: Mapping[str, Any]) -> None:
    variant = options.get("variant")
    if not isinstance(variant, Mapping | None):
        raise UsageError(f"candidate.variant is no map of AWS's fields: {variant!r}")
    fixed = next((key for key in NOT_TO_SAY if (variant or {}).get(key) is not None), "")
    if fixed:
        raise UsageError(
            f"candidate.variant can't say {fixed}: it is {NOT_TO_SAY[fixed]}",
            hint=f"leave {fixed} out",
        )
    for ours, theirs in {
        "instances": "InitialInstanceCount",
        "instance_type": "InstanceType",
    }.items():
        if ours in options and theirs in (variant or {}):
            raise UsageError(
                f"candidate.{ours} and candidate.variant.{theirs} say the same thing twice",
                hint=f"leave candidate.variant.{theirs} out",
            )


def with_candidate(
    config: Mapping[str, Any], look: Look, like: str, candidate: Candidate
) -> dict[str, Any]:
    """The config with one variant more, at weight 0; the others keep their live weights.

    Raises:
        Unsupported: there is no room, or nothing to model it on.
    """
    specs = [_live(spec, look) for spec in config["ProductionVariants"]]
    if len(specs) >= MOST_VARIANTS:
        raise Unsupported(
            f"the endpoint has {len(specs)} variants, and SageMaker allows {MOST_VARIANTS}",
            hint="canary cleanup removes idle ones of finished releases",
        )
    model = next((spec for spec in specs if spec["VariantName"] == like), None)
    if model is None:
        raise Unsupported(f"there is no production variant {like!r} to deploy the candidate like")
    return _copied(config, ProductionVariants=[*specs, _new(model, candidate)])


def without(config: Mapping[str, Any], look: Look, version: str) -> dict[str, Any]:
    """The config without one variant, shadow or not."""
    specs = [_live(s, look) for s in config["ProductionVariants"] if s["VariantName"] != version]
    shadows = [
        s for s in config.get("ShadowProductionVariants") or [] if s["VariantName"] != version
    ]
    return _copied(config, ProductionVariants=specs, ShadowProductionVariants=shadows)


def with_shadow(config: Mapping[str, Any], to: Traffic) -> dict[str, Any]:
    """The config in which one variant has all live traffic and another a copy of it.

    A shadow variant's weight is its part of the production variant's.

    Raises:
        Unsupported: SageMaker allows exactly one production variant beside one shadow.
    """
    specs = _all_specs(config)
    (shadow, percent), *others = to.shadow.items()
    if others or len(to.live) != 1 or set(specs) - {shadow, to.live[0]}:
        raise Unsupported(
            "SageMaker mirrors from exactly one production variant to one shadow, and the endpoint "
            f"has {', '.join(specs)}",
            hint="remove the other variants first, or release without a shadow",
        )
    production = {**specs[to.live[0]], "InitialVariantWeight": 100.0}
    mirrored = {**specs[shadow], "InitialVariantWeight": round(percent, 4)}
    return _copied(config, ProductionVariants=[production], ShadowProductionVariants=[mirrored])


def without_shadow(config: Mapping[str, Any], to: Traffic) -> dict[str, Any]:
    """The config in which the shadow is a production variant again, with its share of `to`."""
    specs = [
        {**spec, "InitialVariantWeight": round(to.of(name), 4)}
        for name, spec in _all_specs(config).items()
    ]
    return _copied(config, ProductionVariants=specs, ShadowProductionVariants=[])


def config_name(endpoint: str, mark: str) -> str:
    """A config name that is the same every time for one endpoint and one mark."""
    mark = re.sub(r"[^a-zA-Z0-9]+", "-", mark).strip("-")
    name = f"{endpoint}-{mark}"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    room = LONGEST_NAME - len(digest) - 1
    return f"{name[:room].rstrip('-')}-{digest}"


def content_mark(request: Mapping[str, Any]) -> str:
    """A mark for a config that is told by what is in it."""
    text = json.dumps(request, sort_keys=True, default=str)
    return f"canary-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def same_fleet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two configs differ in nothing but initial weights and counts."""
    return bool(_bare(one) == _bare(other))


def model_name(word: str, beside: str = "") -> str:
    """The name in a model's ARN, or the name itself.

    Args:
        word: as the person has it.
        beside: the ARN of the endpoint, whose models alone it can serve.

    Raises:
        UsageError: it is the ARN of something else, or of a model elsewhere.
        NotFound: no model can be called so.
    """
    arn = _ARN.fullmatch(word)
    if arn is not None and arn["kind"] != "model":
        raise UsageError(
            f"{word!r} is the ARN of another thing than a model: {arn['kind'].replace('-', ' ')}",
            hint="make a model of it first: aws sagemaker create-model"
            if arn["kind"] == "model-package"
            else "name a model",
        )
    if arn is not None:
        _refuse_elsewhere(word, arn, beside)
    name = arn["name"] if arn is not None else word
    if not NAME.fullmatch(name):
        raise NotFound(
            f"no model can be called {name!r}: SageMaker's names are up to {LONGEST_NAME} "
            "letters, digits and hyphens",
            hint="aws sagemaker list-models",
        )
    return name


def _refuse_elsewhere(word: str, arn: re.Match[str], beside: str) -> None:
    """Raise for a model of another region or account: configs name models of their own only."""
    here = _ARN.fullmatch(beside)
    for place in ("region", "account"):
        if here is not None and arn[place] != here[place]:
            raise UsageError(
                f"{word!r} is in {place} {arn[place]}, and the endpoint is in {here[place]}",
                hint="make a model of the same files or model package where the endpoint is: "
                "aws sagemaker create-model",
            )


def _new(like: Spec, candidate: Candidate) -> Spec:
    other = candidate.instance_type is not None
    spec = {
        **likeness(VARIANT, like, other_machines=other),
        "VariantName": candidate.name,
        "ModelName": candidate.model,
        "InitialVariantWeight": 0.0,
    }
    if other:
        spec["InstanceType"] = candidate.instance_type
    if "InitialInstanceCount" in like:
        wanted = math.ceil(like["InitialInstanceCount"] * candidate.largest_percent / 100)
        spec["InitialInstanceCount"] = candidate.instances or max(1, wanted)
    spec |= candidate.variant or {}
    return {key: value for key, value in spec.items() if value is not None}


def _live(spec: Mapping[str, Any], look: Look) -> Spec:
    """A variant with the weight and count it has now, in case somebody runs the config anew."""
    name = spec["VariantName"]
    live: Spec = _allowed(spec)
    if name in look.weights:
        live["InitialVariantWeight"] = look.weights[name]
    if look.counts.get(name) and "InitialInstanceCount" in spec:
        live["InitialInstanceCount"] = look.counts[name]
    return live


def _all_specs(config: Mapping[str, Any]) -> dict[str, Spec]:
    both: Iterable[Spec] = (
        *config["ProductionVariants"],
        *(config.get("ShadowProductionVariants") or []),
    )
    return {spec["VariantName"]: _allowed(spec) for spec in both}


def _allowed(spec: Mapping[str, Any]) -> Spec:
    """A variant without what SageMaker no longer takes beside a model's name."""
    apart = {name for name, field in VARIANT.items() if field.fate is Fate.DROPPED}
    return {key: value for key, value in spec.items() if key not in apart}


def _copied(config: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    merged = {**likeness(CONFIG, config), **changed}
    return {key: value for key, value in merged.items() if value not in (None, [])}


def _bare(config: Mapping[str, Any]) -> Any:
    initial = {"InitialVariantWeight", "InitialInstanceCount"}
    kinds = ("ProductionVariants", "ShadowProductionVariants")
    plain = _copied(config, **{kind: config.get(kind) for kind in kinds})
    for key in ("ProductionVariants", "ShadowProductionVariants"):
        plain[key] = [
            {word: value for word, value in spec.items() if word not in initial}
            for spec in plain.get(key, [])
        ]
    return plain
