"""Every field that a cloud's own model has stands in the table of what a candidate gets of it."""

import importlib
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import botocore.session
import pytest

from canarycli.errors import Unsupported
from canarycli.likeness import Fate, Field, likeness
from canarycli_azureml.fields import DEPLOYMENT, RESOURCE
from canarycli_sagemaker.fields import CONFIG, CONTAINER, MODEL, PACKAGE, PACKAGED, VARIANT
from canarycli_vertex.fields import CONTAINER as GOOGLES_CONTAINER
from canarycli_vertex.fields import DEDICATED, DEPLOYED_MODEL, MACHINE_SPEC, PROBE
from canarycli_vertex.fields import MODEL as GOOGLES_MODEL

TABLES: Mapping[str, Mapping[str, Field]] = {
    "variant": VARIANT,
    "config": CONFIG,
    "model": MODEL,
    "container": CONTAINER,
    "model package": PACKAGE,
    "packaged container": PACKAGED,
    "deployed model": DEPLOYED_MODEL,
    "dedicated resources": DEDICATED,
    "machine": MACHINE_SPEC,
    "google's model": GOOGLES_MODEL,
    "google's container": GOOGLES_CONTAINER,
    "google's probe": PROBE,
    "deployment": DEPLOYMENT,
    "resource": RESOURCE,
}


def test_every_member_of_awss_variants_and_configs_is_known() -> None:
    sagemaker = botocore.session.get_session().get_service_model("sagemaker")

    made = sagemaker.operation_model("CreateEndpointConfig").input_shape.members
    told = sagemaker.operation_model("DescribeEndpointConfig").output_shape.members

    assert set(sagemaker.shape_for("ProductionVariant").members) <= set(VARIANT)
    assert {*made, *told} <= set(CONFIG)


@pytest.mark.parametrize(
    ("operation", "table"), [("Model", MODEL), ("ModelPackage", PACKAGE)], ids=["model", "package"]
)
def test_every_member_of_awss_models_and_packages_is_known(
    operation: str, table: Mapping[str, Field]
) -> None:
    sagemaker = botocore.session.get_session().get_service_model("sagemaker")

    made = sagemaker.operation_model(f"Create{operation}").input_shape.members
    told = sagemaker.operation_model(f"Describe{operation}").output_shape.members

    assert {*made, *told} <= set(table)
    assert set(sagemaker.shape_for("ContainerDefinition").members) <= set(CONTAINER)
    assert set(sagemaker.shape_for("ModelPackageContainerDefinition").members) <= set(PACKAGED)


@pytest.mark.parametrize("name", ["aiplatform_v1", "aiplatform_v1beta1"])
def test_every_field_of_googles_deployed_models_is_known(name: str) -> None:
    # Each takes a second to import: not in every process that only collects.
    version = importlib.import_module(f"google.cloud.{name}")

    assert google_fields(version.DeployedModel) <= set(DEPLOYED_MODEL)
    assert google_fields(version.DedicatedResources) <= set(DEDICATED)
    assert google_fields(version.MachineSpec) <= set(MACHINE_SPEC)
    assert google_fields(version.Model) <= set(GOOGLES_MODEL)
    assert google_fields(version.ModelContainerSpec) <= set(GOOGLES_CONTAINER)
    assert google_fields(version.Probe) <= set(PROBE)


@pytest.mark.parametrize("kind", ["ManagedOnlineDeployment", "KubernetesOnlineDeployment"])
def test_every_field_of_azures_deployments_is_known(kind: str) -> None:
    assert azure_fields(kind) <= set(DEPLOYMENT)
    assert azure_fields("OnlineDeployment") <= set(RESOURCE)
    assert {"environmentId", "codeConfiguration", "instanceType"} <= azure_fields(kind)


def google_fields(message: Any) -> set[str]:
    return {field.json_name for field in message.pb(message()).DESCRIPTOR.fields}


@cache
def azure_models() -> Any:
    """Azure's own classes, as azure-ai-ml carries them; it warns about its own packages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for version in ("arm_ml_service", "v2023_04_01_preview"):
            with suppress(ModuleNotFoundError):
                return importlib.import_module(f"azure.ai.ml._restclient.{version}.models")
    raise AssertionError("azure-ai-ml carries none")


def azure_fields(name: str) -> set[str]:
    """The names on the wire; those of its bases too."""
    kind = getattr(azure_models(), name)
    if older := getattr(kind, "_attribute_map", None):
        found = {field["key"] for field in older.values()}
    else:
        kind()  # its fields are put together by the first one made
        found = {field._rest_name for field in kind._attr_to_rest_field.values()}
    assert found
    return found


@pytest.mark.parametrize("name", TABLES)
def test_whatever_is_not_copied_says_why(name: str) -> None:
    fields = TABLES[name]

    assert all(field.why for field in fields.values() if field.fate is not Fate.COPIED)


@pytest.mark.parametrize("name", TABLES)
def test_a_candidate_gets_what_the_table_says_and_nothing_else(name: str) -> None:
    table = TABLES[name]
    fine = {key: "x" for key, field in table.items() if field.fate is not Fate.REFUSED}

    found = likeness(table, {**fine, "fieldOfNextYear": "x"})
    elsewhere = likeness(table, fine, other_machines=True)

    copied = {key for key, field in table.items() if field.fate is Fate.COPIED}
    assert set(found) == copied
    assert set(elsewhere) == {key for key in copied if not table[key].hardware}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, key)
        for name, table in TABLES.items()
        for key, field in table.items()
        if field.fate is Fate.REFUSED
    ],
)
def test_a_baseline_that_no_candidate_can_be_like_is_refused_with_the_reason(
    name: str, field: str
) -> None:
    with pytest.raises(Unsupported) as refused:
        likeness(TABLES[name], {field: {"x": 1}})

    assert TABLES[name][field].why in refused.value.message
