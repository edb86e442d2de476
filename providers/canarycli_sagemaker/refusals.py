"""AWS's refusals by their code and text: SageMaker tells most of them apart in words only."""

from canarycli.errors import Conflict, Denied, NotFound, Rejected
from canarycli.refusals import Ends, Refusal


class AlreadyThere(Rejected):
    """What was to be made exists."""


QUOTA_HINT = "raise the quota under Service Quotas, or use fewer instances"

REFUSALS = (
    Refusal(
        r"^\w+: Cannot \w+ in-progress |is (currently )?being (created|updated|deleted)"
        r"|ConcurrentUpdateException",
        Ends.BY_ITSELF,
        Conflict,
    ),
    Refusal(
        r"in a service control policy|service control polic",
        Ends.BY_A_PERSON,
        Denied,
        "a policy of the organisation forbids it; its administrator has to allow it",
    ),
    Refusal(
        r"^\w+: Could not find endpoint configuration ",
        Ends.BY_A_PERSON,
        NotFound,
        "its config was deleted: create an endpoint config of that name again, with the variants "
        "the endpoint has",
    ),
    Refusal(r"^\w+: Could not find ", Ends.BY_ANOTHER_REQUEST, NotFound),
    Refusal(r"^\w+: Cannot create already existing ", Ends.BY_ANOTHER_REQUEST, AlreadyThere),
    Refusal(
        r"^(ResourceLimitExceeded|LimitExceededException)\b|account-level service limit",
        Ends.BY_A_PERSON,
        Rejected,
        QUOTA_HINT,
    ),
    Refusal(
        r"InsufficientInstanceCapacity|insufficient capacity|CapacityError|unable to provision",
        Ends.BY_A_PERSON,
        Rejected,
        "set candidate: instance_type: to another type, or try again later",
    ),
    Refusal(
        r'with status "?(Failed|OutOfService)',
        Ends.BY_A_PERSON,
        Rejected,
        "SageMaker only lets it be deleted: delete the endpoint and create it anew",
    ),
    Refusal(
        r"ManagedInstanceScaling",
        Ends.BY_ANOTHER_REQUEST,
        Rejected,
        "candidate: {variant: {ManagedInstanceScaling: null}} leaves it out",
    ),
    Refusal(
        r"at most 50 tags|TooManyTags|too many tags",
        Ends.BY_A_PERSON,
        Rejected,
        "take some tags of the endpoint away",
    ),
)
"""What ends each refusal that is known by its words; the first that fits counts."""
