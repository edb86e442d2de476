"""What a test may do behind the API's back; see the package's docstring for each action."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .endpoints import Endpoint, single
from .faults import Fault
from .models import create_model_package
from .others import put
from .traffic import Load
from .wire import Json

if TYPE_CHECKING:
    from .app import App


def reset(app: "App", _: Json) -> Json:
    app.reset()
    return {}


def clock(app: "App", body: Json) -> Json:
    app.run_at(body["speed"], body["origin"])
    return {}


def settings(app: "App", body: Json) -> Json:
    for name, value in body.items():
        assert hasattr(app.account.settings, name), name
        setattr(app.account.settings, name, value)
    return {}


def endpoint(app: "App", body: Json) -> Json:
    """An endpoint in service, with its config and models."""
    account, name = app.account, body["name"]
    config: Json = {
        "EndpointConfigName": f"{name}-config",
        "EndpointConfigArn": account.arn("endpoint-config", f"{name}-config"),
        "CreationTime": account.clock(),
        "ProductionVariants": [_spec(account.models, *v) for v in body["variants"].items()],
        **body.get("config", {}),
    }
    if body.get("shadow"):
        config["ShadowProductionVariants"] = [
            _spec(account.models, *v) for v in body["shadow"].items()
        ]
    for model in account.models:
        account.models[model].setdefault("ModelArn", account.arn("model", model))
    account.configs[config["EndpointConfigName"]] = config
    arn = account.arn("endpoint", name)
    made = Endpoint(name, arn, config["EndpointConfigName"], config, account.clock())
    account.endpoints[name] = made
    for variant, way in body["variants"].items():
        if way.get("component"):
            account.components.append(_component(made, variant))
    return {"arn": arn}


def _spec(models: Json, variant: str, way: Json) -> Json:
    spec: Json = {"VariantName": variant, "InitialVariantWeight": way.get("weight", 1.0)}
    if way.get("serverless"):
        spec["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    else:
        spec["InstanceType"] = way.get("type", "ml.m5.xlarge")
        spec["InitialInstanceCount"] = way.get("instances", 1)
    if not way.get("component"):
        spec["ModelName"] = model = way.get("model", f"model-{variant}")
        models.setdefault(
            model,
            {
                "ModelName": model,
                "CreationTime": 0,
                "PrimaryContainer": {"Image": "image", "ModelDataUrl": f"s3://models/{model}"},
                "ExecutionRoleArn": "arn:aws:iam::123456789012:role/serving",
            },
        )
    return spec


def _component(made: Endpoint, variant: str) -> Json:
    return {
        "InferenceComponentName": f"component-of-{variant}",
        "InferenceComponentArn": f"{made.arn}/component",
        "EndpointArn": made.arn,
        "EndpointName": made.name,
        "VariantName": variant,
        "InferenceComponentStatus": "InService",
        "CreationTime": made.created,
        "LastModifiedTime": made.created,
    }


def change(app: "App", body: Json) -> Json:
    found = app.account.endpoint(body["endpoint"])
    for name, weight in body.get("weights", {}).items():
        if name in found.variants:  # it may have been removed meanwhile
            found.variants[name].wanted_weight = single(weight)
            found.variants[name].settle()
    for name, count in body.get("counts", {}).items():
        found.variants[name].wanted_count = count
        found.variants[name].settle()
    if "config" in body:
        found.take(app.account.config(body["config"]))
    found.status = body.get("status", found.status)
    found.failure = body.get("failure", found.failure)
    found.modified = found.now
    found.note_split()
    return {}


def variants(app: "App", body: Json) -> Json:
    """Another writer's config: these added without traffic or removed, the others as they are."""
    account, found = app.account, app.account.endpoint(body["endpoint"])
    gone = body.get("remove", ())
    specs = [s for s in found.config["ProductionVariants"] if s["VariantName"] not in gone]
    specs += [_spec(account.models, name, {"weight": 0}) for name in body.get("add", ())]
    name = f"{found.name}-config-{len(account.configs)}"
    named = {"EndpointConfigName": name, "EndpointConfigArn": account.arn("endpoint-config", name)}
    account.configs[name] = {**found.config, **named, "ProductionVariants": specs}
    found.take(account.configs[name], keep=True)
    found.modified = found.now
    return {}


def model(app: "App", body: Json) -> Json:
    """A model; more keys are its own, and those of one that is there are exchanged."""
    there = app.account.models.get(body["name"], {})
    app.account.models[body["name"]] = {
        **there,
        "ModelName": body["name"],
        "ModelArn": app.account.arn("model", body["name"]),
        "CreationTime": 0,
        **{key: value for key, value in body.items() if key != "name"},
    }
    return {}


def package(app: "App", body: Json) -> Json:
    """A version of a model package group, as CreateModelPackage makes one."""
    return create_model_package(app.account, body)


def made(app: "App", _: Json) -> Json:
    """The models, model packages and tags there are."""
    account = app.account
    return {"models": account.models, "packages": account.packages, "tags": account.tags}


def fail_next(app: "App", body: Json) -> Json:
    app.account.endpoint(body["endpoint"]).fail_next = body.get("reason", "")
    return {}


def traffic(app: "App", body: Json) -> Json:
    app.catch_up()
    found = app.account.endpoint(body["endpoint"])
    now = app.clock()
    since = float(int(now)) - body.get("backfill_seconds", 0)
    if found.load is not None:
        since = found.load.until
    since = body.get("since", since)
    found.load = Load(
        body.get("rate", 10.0),
        body.get("variants", {}),
        since,
        body.get("split"),
        truth=body.get("truth", {}),
    )
    return {}


def keep(_: "App", body: Json) -> Json:
    """An object on S3 as if it had been written `at`."""
    put(body["where"], body["key"], body["text"].encode(), body["at"])
    return {}


def settle(app: "App", body: Json) -> Json:
    found = app.account.endpoint(body["endpoint"])
    if found.change is not None:
        found.change.ends = app.clock()
        found.settle(app.clock())
    return {}


def values(app: "App", body: Json) -> Json:
    app.metrics.put(
        body["namespace"],
        body["name"],
        body["dimensions"],
        body["at"],
        [float(value) for value in body["values"]],
        body.get("resolution", app.account.settings.metric_resolution_seconds or 60),
    )
    return {}


def faults(app: "App", body: list[Json]) -> Json:
    app.faults.planned.extend(Fault(**fault) for fault in body)
    return {}


def clear_faults(app: "App", _: Json) -> Json:
    app.faults.planned.clear()
    return {}


def invoke(app: "App", body: Json) -> Json:
    found = app.account.endpoint(body["endpoint"])
    found.replies[body["variant"]] = {"status": body.get("status", 200), "body": body["body"]}
    return {}


def tags(app: "App", body: Json) -> Json:
    """Tags that somebody else put on a resource."""
    app.account.known_tags(body["arn"]).update(body["tags"])
    return {}


def permit(app: "App", body: Json) -> Json:
    """Allow what a policy document allows and nothing else; {} allows everything."""
    app.policy = body or None
    return {}


def calls(app: "App", _: Json) -> Any:
    return app.calls


def tally(app: "App", _: Json) -> Json:
    """How many calls there were of each operation."""
    return Counter(call["operation"] for call in app.calls)


def shares(app: "App", body: Json) -> Any:
    return app.account.endpoint(body["endpoint"]).splits


def state(app: "App", body: Json) -> Json:
    return app.account.endpoint(body["endpoint"]).describe()


ACTIONS: dict[str, Callable[["App", Any], Any]] = {
    action.__name__: action
    for action in (
        reset,
        clock,
        settings,
        endpoint,
        change,
        variants,
        fail_next,
        model,
        package,
        made,
        settle,
        traffic,
        keep,
        values,
        faults,
        clear_faults,
        invoke,
        permit,
        calls,
        tally,
        shares,
        state,
        tags,
    )
}
