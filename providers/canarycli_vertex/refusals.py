"""Google's refusals by their status and text, for what the status alone does not tell."""

from canarycli.errors import Conflict, Denied, Rejected, Unavailable
from canarycli.refusals import Ends, Refusal

RATE = Refusal(
    r"RATE_LIMIT_EXCEEDED|per ?(second|minute|hour|day|100 seconds)|too many requests"
    r"|Resource has been exhausted",
    Ends.BY_ITSELF,
    Unavailable,
    "a larger read_every asks less often; or ask Google for more",
)
"""So many requests in so much time: it comes back by itself."""

AMOUNT = Refusal(
    r"quotas? (are|is|were|was|has been|have been)? ?exceed|exceed\w* .{0,40}quota"
    r"|insufficient .{0,60}quota|not enough quota|QUOTA_EXCEEDED",
    Ends.BY_A_PERSON,
    Rejected,
    "ask Google for more of it (IAM & Admin, Quotas), or use fewer or other machines",
)
"""So many machines in all: nothing gives them back."""

UNDER_WAY = Refusal(
    r"other operations?|another operation|operation .{0,40}in progress|in progress|concurrent"
    r"|being (deployed|undeployed|updated|created|deleted|mutated)|etag",
    Ends.BY_ITSELF,
    Conflict,
)
"""A change is under way, or came first."""

REFUSALS = (
    Refusal(
        r"BILLING_DISABLED|billing .{0,60}(disabled|enabled)",
        Ends.BY_A_PERSON,
        Denied,
        "link a billing account to the project",
    ),
    Refusal(
        r"SERVICE_DISABLED|has not been used in project|API .{0,40}(is disabled|not enabled)",
        Ends.BY_A_PERSON,
        Denied,
        "gcloud services enable aiplatform.googleapis.com monitoring.googleapis.com",
    ),
    Refusal(
        r"organization'?s policy|SECURITY_POLICY_VIOLATED|VPC Service Controls|constraints/",
        Ends.BY_A_PERSON,
        Denied,
        "a policy of the organisation forbids it; its administrator finds the call by its time",
    ),
    RATE,
    AMOUNT,
    Refusal(
        r"stockout|POOL_EXHAUSTED|enough resources|out of (capacity|resources)|no capacity",
        Ends.BY_A_PERSON,
        Rejected,
        "set candidate: machine_type: to another machine, or try again later",
    ),
    UNDER_WAY,
)
"""What ends each refusal that is known by its words, the more particular ones first."""
