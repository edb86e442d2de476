"""AWS's errors in canary's words: one context manager, one table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.exceptions as aws
from botocore.parsers import ResponseParserError

from canarycli.errors import (
    Conflict,
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    Unplaced,
    UsageError,
)
from canarycli.proxies import way_past
from canarycli.refusals import read
from canarycli_sagemaker.refusals import REFUSALS
from canarycli_sagemaker.settings import Settings

USED = {
    "sagemaker": (
        "DescribeEndpoint",
        "UpdateEndpointWeightsAndCapacities",
        "ListTags",
        "AddTags",
        "ListEndpoints",
        "DescribeEndpointConfig",
        "CreateEndpointConfig",
        "DeleteEndpointConfig",
        "UpdateEndpoint",
        "DescribeModel",
        "DescribeModelPackage",
        "ListInferenceComponents",
        "CreateModel",
        "DeleteModel",
        "CreateModelPackage",
        "DeleteModelPackage",
    ),
    "s3": (
        "HeadObject",
        "PutObject",
        "CreateMultipartUpload",
        "UploadPart",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
        "ListObjectVersions",
        "DeleteObject",
    ),
    "cloudwatch": ("GetMetricData", "DescribeAlarms"),
    "application-autoscaling": (
        "DescribeScalableTargets",
        "RegisterScalableTarget",
        "DeregisterScalableTarget",
        "DescribeScalingPolicies",
        "PutScalingPolicy",
    ),
    "sagemaker-runtime": ("InvokeEndpoint",),
    "athena": (
        "GetWorkGroup",
        "StartQueryExecution",
        "GetQueryExecution",
        "GetQueryResults",
        "StopQueryExecution",
    ),
    "sts": ("GetCallerIdentity",),
}
"""Every operation canary calls, by service."""

KINDS: dict[str, type[ProviderError]] = {
    # throttling; the services spell it differently, some with HTTP 400
    "Throttling": Unavailable,
    "ThrottlingException": Unavailable,
    "ThrottledException": Unavailable,
    "TooManyRequestsException": Unavailable,
    "RequestLimitExceeded": Unavailable,
    "RequestThrottled": Unavailable,
    "RequestThrottledException": Unavailable,
    "SlowDown": Unavailable,
    # faults on AWS's side
    "InternalFailure": Unavailable,
    "InternalServerError": Unavailable,
    "InternalServerException": Unavailable,
    "InternalServiceException": Unavailable,
    "InternalServiceFault": Unavailable,
    "InternalDependencyException": Unavailable,
    "ServiceUnavailable": Unavailable,
    "ServiceUnavailableException": Unavailable,
    "RequestTimeout": Unavailable,
    "RequestTimeoutException": Unavailable,
    "ModelNotReadyException": Unavailable,
    # who asks
    "AccessDenied": Denied,
    "AccessDeniedException": Denied,
    "UnauthorizedOperation": Denied,
    "UnrecognizedClientException": Denied,
    "InvalidClientTokenId": Denied,
    "InvalidSignatureException": Denied,
    "SignatureDoesNotMatch": Denied,
    "IncompleteSignature": Denied,
    "MissingAuthenticationToken": Denied,
    "AuthFailure": Denied,
    "OptInRequired": Denied,
    "NotAuthorized": Denied,
    "ExpiredToken": Denied,
    "ExpiredTokenException": Denied,
    "RequestExpired": Denied,
    "FailedResourceAccessException": Denied,
    # what is asked for
    "ResourceNotFound": NotFound,
    "ObjectNotFoundException": NotFound,
    "NoSuchBucket": NotFound,
    "NoSuchKey": NotFound,
    "NoSuchUpload": NotFound,
    "ConflictException": Rejected,
    "ResourceInUse": Rejected,
    "ConcurrentUpdateException": Conflict,
    "ResourceLimitExceeded": Rejected,
    "LimitExceededException": Rejected,
    "ModelError": Rejected,
}
"""Error codes with a meaning of their own; a 5xx is `Unavailable` whatever its code."""

GENERAL = frozenset(
    {
        "ValidationException",
        "ValidationError",
        "InvalidNextToken",
        "InvalidNextTokenException",
        "InvalidRequest",
        "InvalidRequestException",
        "InvalidWriteOffset",
        "EncryptionTypeMismatch",
        "TooManyParts",
    }
)
"""Error codes that say no more than "refused"; `refusals` reads the texts under them."""

CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.NoAuthTokenError,
    aws.SSOError,
    aws.ProfileNotFound,
    aws.InvalidConfigError,
    aws.ConfigParseError,
    aws.ConfigNotFound,
    aws.MetadataRetrievalError,
    aws.RefreshWithMFAUnsupportedError,
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN_KEYS = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "AuthFailure",
    }
)


@contextmanager
def translated(doing: str, settings: Settings) -> Iterator[None]:
    """Whatever AWS or botocore raises inside becomes an error of canary's, cause kept.

    Args:
        doing: what was tried, for the message: `look at endpoint 'churn'`.
        settings: names the profile in hints.
    """
    try:
        yield
    except aws.ClientError as error:
        raise of_answer(doing, error, settings) from error
    except CREDENTIALS as error:
        raise Denied(f"can't {doing}: {_words(error)}", hint=_sign_in(settings)) from error
    except aws.NoRegionError as error:
        hint = "give --region or set AWS_REGION"
        raise Unplaced("no AWS region is set", ("region",), hint=hint) from error
    except aws.InvalidRegionError as error:
        raise UsageError(
            f"no AWS region is called {settings.region!r}", hint="one looks like eu-west-1"
        ) from error
    except aws.ParamValidationError as error:
        raise Rejected(f"can't {doing}: {_words(error)}") from error
    except (aws.ConnectionError, aws.HTTPClientError, ResponseParserError, OSError) as error:
        raise _unanswered(doing, error) from error
    except (LookupError, ValueError) as error:  # botocore's query parser on a proxy's page
        raise Unavailable(f"can't {doing}: what came back is no answer of AWS") from error
    except aws.BotoCoreError as error:
        raise ProviderError(f"can't {doing}: {_words(error)}") from error


def _unanswered(doing: str, error: Exception) -> Unavailable:
    """No answer came; what a company's proxy has to do with it is said."""
    if isinstance(error, aws.SSLError):
        hint = "behind a proxy that opens TLS? set AWS_CA_BUNDLE to its certificate"
        return Unavailable(f"can't {doing}: no safe connection to AWS: {_words(error)}", hint=hint)
    message = f"can't {doing}: no answer from AWS: {_words(error)}"
    if isinstance(error, aws.ProxyConnectionError):  # botocore's sentence leaves the reason out
        said = _words(error.kwargs["error"])
        return Unavailable(message, facts=(said,), hint=way_past(f"proxy: {said}"))
    return Unavailable(message)


def of_answer(doing: str, error: aws.ClientError, settings: Settings) -> ProviderError:
    """The error that an error answer of AWS means."""
    answer: Any = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    text = str(answer.get("Error", {}).get("Message") or "")
    meta = answer.get("ResponseMetadata", {})
    message = f"can't {doing}: {text or 'AWS gave no reason'} ({code or 'no code'})"
    if int(meta.get("HTTPStatusCode", 400)) >= 500 or KINDS.get(code) is Unavailable:
        return Unavailable(message, after=_after(meta.get("HTTPHeaders", {})))
    if (known := read(REFUSALS, f"{code}: {text}")) is not None:
        return known.kind(message, hint=known.hint or ())
    kind = KINDS.get(code, Rejected)
    if kind is Denied:
        return Denied(message, hint=_sign_in(settings) if code in EXPIRED else _allow(settings))
    return kind(message)


def is_about_credentials(error: Denied) -> bool:
    """Whether other credentials may help, rather than another permission."""
    return isinstance(error.__cause__, CREDENTIALS) or is_code(error, *EXPIRED, *UNKNOWN_KEYS)


def is_code(error: BaseException | None, *codes: str) -> bool:
    """Whether an error of ours came from an AWS answer with one of these codes."""
    cause = error.__cause__ if error is not None else None
    return isinstance(cause, aws.ClientError) and cause.response["Error"].get("Code") in codes


def _after(headers: dict[str, str]) -> float | None:
    try:
        return float(headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[0].lower() + text[1:].rstrip(".")


def _sign_in(settings: Settings) -> tuple[str, ...]:
    profile = f" --profile {settings.profile}" if settings.profile else ""
    return (
        f"aws sso login{profile}",
        f"aws sts get-caller-identity{profile} shows who AWS takes you for",
        f"looked at {_chain(settings)}",
    )


def _allow(settings: Settings) -> tuple[str, ...]:
    profile = f" --profile {settings.profile}" if settings.profile else ""
    return (
        "canary doctor --print-policy aws shows the least policy",
        f"aws sts get-caller-identity{profile} shows who AWS takes you for",
    )


def _chain(settings: Settings) -> str:
    if settings.profile:
        return f"profile {settings.profile!r} of the AWS configuration"
    return "AWS_ACCESS_KEY_ID, AWS_PROFILE, the default profile, and the machine's or job's role"
