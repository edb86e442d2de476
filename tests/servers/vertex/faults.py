"""What goes wrong, and who else writes, on which call."""

from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "throttle", "error500", "error503", "drop_before", "drop_after", "unauthorized",
    "forbidden", "html", "html_after", "html404", "garbage", "garbage_after", "truncated",
    "busy", "redirect", "hang", "write", "refuse", "mutate",
}  # fmt: skip
AFTER = {"drop_after", "html_after", "garbage_after", "truncated", "mutate"}
"""The faults that hit the answer: the request itself is carried out."""


@dataclass
class Fault:
    """One rule: on calls named `call`, after `skip` of them, `times` times, do `kind`.

    `refuse` answers with the google.rpc code `status` and `message`.
    """

    call: str
    kind: str
    times: int = 1
    skip: int = 0
    retry_after: str = ""
    write: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}")


class Faults:
    """The rules in force, in the order they were made."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put one more rule in force."""
        self._rules.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._rules.clear()

    def on(self, call: str) -> list[Fault]:
        """The rules that apply to this call now; each is used up by one."""
        hits: list[Fault] = []
        for rule in list(self._rules):
            if rule.call not in {call, "*"}:
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            hits.append(rule)
            rule.times -= 1
            if rule.times <= 0:
                self._rules.remove(rule)
            if rule.kind != "write":
                break
        return hits
