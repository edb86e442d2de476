"""Azure's refusals by their code and text, for what the status alone does not tell."""

from canarycli.errors import Conflict, Denied, Rejected
from canarycli.refusals import Ends, Refusal

UNDER_WAY = Refusal(
    r"\b(Creating|Updating|Deleting|Scaling|Accepted|Running|non-terminal)\b.{0,20}\bstate\b"
    r"|OperationCanceled|OperationInProgress|ConcurrentOperation|ResourceBusy|InTransition"
    r"|another (operation|change|request|update)|operation .{0,40}in progress|being (created|"
    r"updated|changed|deleted)|already (being|in progress)|higher priority|hold(s|ing) the lock",
    Ends.BY_ITSELF,
    Conflict,
    "it usually takes about 20 s; try again then",
)
"""A change is under way: of all that answers 409, the only thing that is worth waiting for."""

NOT_REGISTERED = Refusal(
    r"MissingSubscriptionRegistration|not registered to use namespace",
    Ends.BY_A_PERSON,
    Rejected,
    "an owner of the subscription registers it: az provider register --namespace NAMESPACE",
)
REFUSALS = (
    NOT_REGISTERED,
    Refusal(
        r"ReadOnlyDisabledSubscription|SubscriptionNotEnabled|subscription .{0,60}is disabled",
        Ends.BY_A_PERSON,
        Rejected,
        "the subscription's owner re-enables it in the Azure portal, under Subscriptions",
    ),
    Refusal(
        r"ScopeLocked|ReadOnlyLock|scope\(s\) are locked|is locked",
        Ends.BY_A_PERSON,
        Rejected,
        "an administrator locked it: az lock list shows the lock",
    ),
    Refusal(
        r"RequestDisallowedByPolicy|disallowed by policy",
        Ends.BY_A_PERSON,
        Denied,
        "a policy of the organisation forbids it; the text names the policy",
    ),
    Refusal(
        r"private link|public network access|PublicNetworkAccess",
        Ends.BY_A_PERSON,
        Denied,
        "the workspace is private: call from inside its network, or through its private endpoint",
    ),
    Refusal(
        r"QuotaExceeded|OutOfQuota|not enough quota|quota .{0,80}exceeded|exceed\w* .{0,40}quota",
        Ends.BY_A_PERSON,
        Rejected,
        "ask for more quota: az ml compute list-usage shows what is there; or use fewer instances",
    ),
    Refusal(
        r"OutOfCapacity|SkuNotAvailable|AllocationFailed|not enough capacity|no capacity",
        Ends.BY_A_PERSON,
        Rejected,
        "set candidate: instance_type: to another size, or try again later",
    ),
    UNDER_WAY,
    Refusal(
        r"ImageBuildFailure|EnvironmentBuild",
        Ends.BY_ANOTHER_REQUEST,
        Rejected,
        "mend the environment and register it anew",
    ),
)
"""What ends each refusal that is known by its words, the more particular ones first."""
