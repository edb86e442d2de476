"""Pages of the clouds that show an endpoint: what a report links to, made without a call."""

import pytest
from unit.stories import NOON, a_release_of

from canarycli.operations.links import links_of
from canarycli.plan import Plan, Stage
from canarycli.registry import provider_class
from canarycli.report import page, told

AWS = "console.aws.amazon.com"
CHURN = "$252Faws$252Fsagemaker$252FEndpoints$252Fchurn"
NUMBER = "6313430951061880832"
ASKED = (
    "resource.type%3D%22aiplatform.googleapis.com%2FEndpoint%22%0A"
    f"resource.labels.endpoint_id%3D%22{NUMBER}%22"
)
WORKSPACE = "/subscriptions/s-1/resourcegroups/ml-prod/workspaces/eta-ws"
GOOGLE = "https://console.cloud.google.com"

PAGES = {
    "sagemaker": (
        ("sagemaker", "churn", "us-east-1", {}),
        f"https://us-east-1.{AWS}/sagemaker/home?region=us-east-1#/endpoints/churn",
        (
            f"https://us-east-1.{AWS}/cloudwatch/home?region=us-east-1"
            f"#logsV2:log-groups/log-group/{CHURN}"
        ),
    ),
    "sagemaker in china": (
        ("sagemaker", "churn", "cn-north-1", {}),
        "https://cn-north-1.console.amazonaws.cn/sagemaker/home?region=cn-north-1#/endpoints/churn",
        (
            "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1"
            f"#logsV2:log-groups/log-group/{CHURN}"
        ),
    ),
    "vertex": (
        ("vertex", NUMBER, "acme-ml/europe-west4", {}),
        (
            f"{GOOGLE}/vertex-ai/online-prediction/locations/europe-west4/endpoints/{NUMBER}"
            "?project=acme-ml"
        ),
        f"{GOOGLE}/logs/query;query={ASKED}?project=acme-ml",
    ),
    "vertex by a display name": (
        ("vertex", "ranker", "acme-ml/europe-west4", {}),
        f"{GOOGLE}/vertex-ai/online-prediction/endpoints?project=acme-ml",
        None,
    ),
    "azureml": (
        ("azureml", "eta", "s-1/ml-prod/eta-ws", {}),
        f"https://ml.azure.com/endpoints/realtime/eta/detail?wsid={WORKSPACE}",
        f"https://ml.azure.com/endpoints/realtime/eta/logs?wsid={WORKSPACE}",
    ),
    "azureml of the government": (
        ("azureml", "eta", "s-1/ml-prod/eta-ws", {"cloud": "usgov"}),
        f"https://ml.azure.us/endpoints/realtime/eta/detail?wsid={WORKSPACE}",
        f"https://ml.azure.us/endpoints/realtime/eta/logs?wsid={WORKSPACE}",
    ),
}


@pytest.mark.parametrize(("given", "console", "logs"), PAGES.values(), ids=PAGES.keys())
def test_an_endpoint_has_its_pages(
    given: tuple[str, str, str, dict[str, str]], console: str, logs: str | None
) -> None:
    name, endpoint, place, settings = given

    found = provider_class(name).links(endpoint, place, settings)

    assert (found["console"], found.get("logs")) == (console, logs)


def test_a_report_links_to_console_logs_and_the_run() -> None:
    plan = Plan(name="standard", stages=(Stage(5, NOON - NOON),), checks=())
    release = a_release_of(plan, ref="https://ci.example/run/7")
    story = told(release, (), NOON, links_of(release))

    html = page(story, {"readings": []})

    assert 'rel="noreferrer">Console</a>' in html
    assert 'rel="noreferrer">Logs</a>' in html
    assert '<a href="https://ci.example/run/7" rel="noreferrer">CI run</a>' in html
    assert f"us-east-1.{AWS}/sagemaker/home?region=us-east-1#/endpoints/fraud-scorer" in html


def test_what_is_no_address_is_no_link() -> None:
    plan = Plan(name="standard", stages=(Stage(5, NOON - NOON),), checks=())
    story = told(a_release_of(plan, ref="javascript:alert(1)"), (), NOON)

    assert "javascript:" not in page(story, {"readings": []})
