"""What the official SDK does and sees, as a program of its own: it takes long to import.

Arguments: the server's URL. The last line that comes out is a JSON document.
"""

import json
import sys

import google.auth
from google.cloud import aiplatform

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def main(url: str) -> None:
    """Read what canary wrote, then change it."""
    credentials, _ = google.auth.default(scopes=[SCOPE])
    aiplatform.init(
        project="acme-ml",
        location="europe-west4",
        credentials=credentials,
        api_endpoint=url,
        api_transport="rest",
    )
    endpoint = aiplatform.Endpoint("1000")
    seen = {
        "split": dict(endpoint.traffic_split),
        "labels": dict(endpoint.labels),
        "models": {model.id: model.model_version_id for model in endpoint.list_models()},
    }
    model = aiplatform.Model("500@3")
    endpoint.deploy(model, machine_type="n1-standard-4", traffic_percentage=0, sync=True)
    models = endpoint.list_models()
    endpoint.update(traffic_split={"11": 60, "22": 40}, labels={"by": "sdk"})
    print(json.dumps({**seen, "deployed": [model.id for model in models]}))


if __name__ == "__main__":
    main(sys.argv[1])
