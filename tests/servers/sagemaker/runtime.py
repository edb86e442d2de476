"""InvokeEndpoint: one answer from one variant."""

import json

from .sagemaker_api import Account
from .wire import Answer, Json

STATUS_CODES = {424: "ModelError", 429: "ModelNotReadyException", 503: "ServiceUnavailable"}


def invoke(account: Account, params: Json, body: bytes) -> Answer:
    endpoint = account.endpoint(params["EndpointName"])
    variant = (
        params["TargetVariant"] or max(endpoint.variants.values(), key=lambda v: v.weight).name
    )
    if variant not in endpoint.variants:
        return _error(400, "ValidationError", f"Variant {variant} not found for the endpoint.")
    reply = endpoint.replies.get(variant, {"status": 200, "body": '{"score": 0.5}'})
    status = int(reply["status"])
    if status >= 400:
        return _error(status, STATUS_CODES.get(status, "ValidationError"), reply["body"])
    headers = {
        "Content-Type": "application/json",
        "x-Amzn-Invoked-Production-Variant": variant,
        "x-echo-length": str(len(body)),
    }
    return Answer(200, str(reply["body"]).encode(), headers)


def _error(status: int, code: str, message: str) -> Answer:
    content: Json = {"Message": message, "message": message}
    if code == "ModelError":
        content |= {"OriginalMessage": message, "OriginalStatusCode": 400}
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return Answer(status, json.dumps(content).encode(), headers)
