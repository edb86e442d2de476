"""The jobs of a release that people take on from hold to hold, one for each part of its plan."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent

from canarycli.errors import UsageError
from canarycli.plan import Plan, Then

BLOCK = re.compile(r"^%%job begins%%\n(.*?)^%%job ends%%\n", re.DOTALL | re.MULTILINE)
"""The lines of a template that are there once for each job."""

START = 'start --new-model "$MODEL"'
LONGEST, WAIT = 3, 24
"""Hours that a job takes at most, and that a person has before it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one job does of a plan: from where the job before it held, until the next hold."""

    percent: float
    after: "Part | None" = None

    @property
    def job(self) -> str:
        """A name that each system takes for a job: canary_25, canary_0_5."""
        return f"canary_{self.percent:g}".replace(".", "_")


def parts_of(plan: Plan) -> tuple[Part, ...]:
    """A part for each stage that waits for a person, and one for what comes after the last.

    Raises:
        UsageError: no stage waits.
    """
    *waiting, last = plan.stages
    shares = [*(stage.percent for stage in waiting if stage.then is Then.HOLD), last.percent]
    if len(shares) == 1:
        raise UsageError(
            f"no stage of plan {plan.name} waits for a person, so one job does all of it",
            hint="write then: hold, or then: approve, at the stages that are to end a job",
        )
    parts: list[Part] = []
    for share in shares:
        parts.append(Part(share, parts[-1] if parts else None))
    return tuple(parts)


def jobs(system: str, template: str, parts: Sequence[Part]) -> str:
    """A template with a job for each part; with one that does all of it where there is no part."""
    whole = _fill(template, _of_all(parts))
    if not parts:
        return BLOCK.sub(lambda found: _fill(found[1], _only(system)), whole)
    return BLOCK.sub(lambda found: "".join(_each(system, found[1], parts)), whole)


def _each(system: str, block: str, parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        text = _fill(block, _words(system, part))
        yield _deployment(text) if system == "azure" and part.after else text


def _of_all(parts: Sequence[Part]) -> Mapping[str, str]:
    """What the lines outside of the jobs need to know of them."""
    names = ", ".join(part.job for part in parts)
    return {
        "as_jobs": " --stages-as-jobs" if parts else "",
        "stages": f"stages: [{names}]" if parts else "",
        "hours": str(LONGEST * len(parts) + WAIT * (len(parts) - 1) if parts else LONGEST),
    }


def _only(system: str) -> Mapping[str, str]:
    name = "release" if system == "jenkins" else "canary"
    plain = {"kind": "job", "waits": "", "in_stage": "", "artifact": "canary-report"}
    return {**plain, "job": name, "release": START}


def _words(system: str, part: Part) -> Mapping[str, str]:
    words = {
        "job": part.job,
        "kind": "job",
        "in_stage": f"  stage: {part.job}",
        "artifact": f"canary-report-{part.percent:g}",
        "release": START,
        "waits": "",
    }
    if part.after is None:
        return words
    return {
        **words,
        "kind": "deployment",
        "release": "promote",
        "plan": "",
        "waits": WAITS[system].format(after=part.after.job, percent=f"{part.percent:g}"),
    }


WAITS: Mapping[str, str] = {
    "github": "    needs: {after} # the reviewers of the environment let it go on",
    "gitlab": "      when: manual\n  environment: production",
    "azure": "    dependsOn: {after}\n    environment: production # its approvals let it go on",
    "jenkins": "      input {{ message 'Go on, to {percent}%?' }}",
}
"""How each system lets a job wait for the one before it, and for a person."""


def _deployment(block: str) -> str:
    """Azure's kind of job that an environment's approvals are for, with the same steps."""
    head, steps = block.split("    steps:\n")
    return (
        f"{head}    strategy:\n      runOnce:\n        deploy:\n          steps:\n"
        f"{indent(steps, ' ' * 6)}"
    )


def _fill(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"%%{word}%%", value)
    return text
