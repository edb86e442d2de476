"""Notes are tags of the endpoint, of which there is a limited number."""

from servers.sagemaker import Server

from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, RELEASE_NOTE
from canarycli_sagemaker import SageMaker


def test_room_for_notes_is_counted_by_the_tags_that_were_just_read(
    sagemaker: SageMaker, server: Server
) -> None:
    server.endpoint("churn", {"blue": 3, "green": 1})
    seen = sagemaker.describe("churn")
    server.control("tags", {"arn": seen.raw.arn, "tags": {f"t{n}": "x" for n in range(48)}})

    notes = dict.fromkeys((RELEASE_NOTE, BASELINE_NOTE, CANDIDATE_NOTE), "x")

    sagemaker.notes(seen)
    assert sagemaker.no_room(seen, notes) == "48 of 50 tags are taken, canary needs 3"
    assert len(server.calls("ListTags")) == 1

    server.control("tags", {"arn": seen.raw.arn, "tags": {"t48": "x"}})
    assert sagemaker.no_room(seen, notes) == "49 of 50 tags are taken, canary needs 3"
