"""What lint says of `notify:`: no address that can't be sent to, and no secret in a file."""

import pytest

from canarycli.config.notify import notify_flaws

REFUSED = {
    "no scheme": ({"to": "slack"}, "to", "no URL"),
    "a secret": ({"to": "https://hooks.slack.com/services/T0/B0/abc"}, "to", "holds a secret"),
    "a key": ({"to": "pagerduty://0123456789abcdef"}, "to", "holds a secret"),
    "open": ({"to": "http://ci.example.com/canary"}, "to", "without encryption"),
    "a busy pager": ({"to": "pagerduty://${KEY}", "when": ["failed"]}, "when", "unsafe only"),
}
TAKEN = (
    "${CANARY_SLACK_URL}",
    "https://ci.example.com/canary",
    "pagerduty://${KEY}",
    "mailto://${USER}:${PASSWORD}@example.com",
    "http://localhost:8080/",
)


@pytest.mark.parametrize(("entry", "key", "said"), REFUSED.values(), ids=REFUSED)
def test_an_entry_is_refused(entry: dict[str, object], key: str, said: str) -> None:
    ((where, why),) = notify_flaws(entry)

    assert (where, said in why) == (key, True), why


@pytest.mark.parametrize("to", TAKEN)
def test_an_address_is_taken(to: str) -> None:
    assert list(notify_flaws({"to": to})) == []
