"""One frame of the live screen: what a person must know of a release, the worst first. Pure.

A line is a list of spans, a text and its style each; whoever shows it decides about colour.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from canarycli.cli.display.ansi import paint
from canarycli.cli.display.chart import chart
from canarycli.cli.display.offers import KEYS, keys
from canarycli.cli.display.scene import HELP, LOG, Scene
from canarycli.cli.display.spans import BAD, DOUBT, GOOD, OURS, QUIET, STRONG, Line, cut
from canarycli.harmless import visible
from canarycli.release.approving import approved
from canarycli.release.decide.sentences import span
from canarycli.release.record import Outcome, State
from canarycli.release.rows import SIGNS
from canarycli.report import gauge, numbers
from canarycli.report.headline import OLD, Tone, oldest
from canarycli.report.story import Row, Story
from canarycli.traffic import percent

TONES = {Tone.GOOD: GOOD, Tone.BAD: f"{BAD} reverse", Tone.DOUBT: DOUBT, Tone.NONE: ""}
VERDICT_STYLES = {"pass": GOOD, "fail": BAD, "inconclusive": DOUBT, "no_data": DOUBT}

WIDE = 96
"""From this width on there is room for a sparkline."""
SPARKS = "⡀⣀⣄⣤⣦⣶⣷⣿"
SPARK_WIDTH = 12
DOUBTFUL = (SIGNS["inconclusive"], SIGNS["no_data"])
LEAST_GAUGE = 13
"""With fewer columns a gauge says nothing; the numbers stand without it."""
HAPPENED: Mapping[str, str] = {
    "stage_passed": "✔",
    "shift_confirmed": "▸",
    "paused": "❚❚",
    "held": "❚❚",
    "probation": "◔",
    "rollback_started": "↩",
    "rollback_confirmed": "↩",
    "rollback_failed": "✖",
}
"""The sign of an event among those that happened last."""

LAST = 4
"""So many events are shown where nobody scrolls."""


FOOT = 2
"""The last lines of a frame: an empty one and the keys."""


def once(scene: Scene, width: int, *, color: bool) -> Iterator[str]:
    """A release as lines to print: every check, and what happened last."""
    for line in frame(scene, width, 999, moments=LAST):
        yield "".join(paint(visible(text), style, on=color) for text, style in line).rstrip()


def frame(scene: Scene, width: int, height: int, *, moments: int = 99) -> list[Line]:
    """The lines of one frame, none wider than `width`, at most `height` of them.

    As many events as there is room for are shown, and no more than `moments`.
    """
    head = [
        _header(scene, width),
        [],
        _verdict(scene, width),
        [],
        _stages(scene, width),
        _traffic(scene, width),
        [],
    ]
    asked = _fitting(scene.prompt, width - 2) or keys(scene, width - 2)
    below = [(f"  {asked}", STRONG if scene.prompt else QUIET)]
    room = height - len(head) - FOOT
    table = _middle(scene, width, room)
    if len(table) > room - 2:
        folded = len(table) - (room - 3)
        table = [*table[: room - 3], [(f"   +{folded} more", QUIET)]]
    most = 0 if scene.view == LOG else max(0, room - len(table) - 1)
    newest = list(_moments(scene.story, min(moments, most)))
    lines = [*head, *table, *([[], *newest] if newest else []), [], below]
    return [cut(line, width) for line in lines]


def _middle(scene: Scene, width: int, room: int) -> list[Line]:
    """What stands between the traffic and the events."""
    if scene.view == HELP:
        return [[(f"   {key:<4}", STRONG), (does, "")] for key, does in KEYS.items()]
    if scene.view == LOG:
        return list(_moments(scene.story, max(1, room - 2)))
    checks = scene.story.checks
    if isinstance(scene.view, int) and 0 < scene.view <= len(checks):
        row = checks[scene.view - 1]
        return chart(scene.story, row, scene.view, width, max(4, room - 4), fine=scene.sparks)
    return list(_table(scene, width, sparks=scene.sparks and width >= WIDE))


def _fitting(prompt: str, room: int) -> str:
    """What is asked; just the answers to it where there is no room for more."""
    _, _, answers = prompt.partition(".   ")
    return answers if answers and len(prompt) > room else prompt


def _header(scene: Scene, width: int) -> Line:
    release = scene.story.release
    arms = f"{release.baseline} → {scene.story.candidate}"
    right = f"{_age(scene)}  {scene.now.astimezone():%H:%M:%S}".strip()
    room = max(10, width - len(right) - 1)
    place = f"{release.provider} {release.place}"
    parts = (f"   {place}  {release.id}", f"   {release.id}", "")
    whole = [f" {release.endpoint}  {arms}{part}" for part in parts]
    left = next((text for text in whole if len(text) <= room), whole[-1][: room - 1] + "…")
    left = left[:room]
    return [(left, STRONG), (right.rjust(width - len(left)), QUIET)]


def _age(scene: Scene) -> str:
    since = scene.since_reading
    known = [row for row in scene.story.checks if row["age_seconds"] is not None]
    if not known or since is None or scene.story.release.over:
        return ""
    return f"metrics {_short(oldest(known, since))} old"


def _verdict(scene: Scene, width: int) -> Line:
    """The sentence that matters; it never wraps, and its end never gives way."""
    sign, word, style, tail = _state(scene)
    right = _ahead(scene)
    room = width - len(right) - 2
    left = f" {sign} {word}  {tail}"
    if len(left) > room:
        left = f"{left[: room - 1]}…"
    text = left.ljust(width - len(right) - 1) + right + " "
    return [(text, style)]


def _state(scene: Scene) -> tuple[str, str, str, str]:
    release = scene.story.release
    if release.over:
        style = GOOD if release.outcome is Outcome.PROMOTED else f"{BAD} reverse"
        word = scene.story.headline.upper()
        if release.by:  # a person's name keeps its letters
            word = word.replace(f"BY {release.by.upper()}", f"BY {release.by}")
        return scene.story.symbol, word, style, release.why_words
    if scene.alone:
        stays = f"{scene.story.candidate} stays at {percent(release.target)}"
        return "✖", "NOBODY IS DRIVING", f"{BAD} reverse", f"{stays}{_last_driver(scene)}"
    match release.state:
        case State.PAUSED if release.pause is not None:
            return "❚❚", "PAUSED", DOUBT, f"by {release.pause.by}: {release.pause.reason}"
        case State.HELD:
            standing = scene.status["approvals"]
            said = approved(standing) if standing else "waits for canary promote"
            said = f"{said}; {scene.headline.tail}"
            return "❚❚", f"HELD at {percent(release.target)}", DOUBT, said
        case State.PROBATION:
            said = f"goes back if a check fails; {scene.headline.tail}"
            return "◔", "ON PROBATION", DOUBT, said
        case State.ROLLING_BACK:
            return "↩", "ROLLING BACK", f"{BAD} reverse", release.why
        case State.DEPLOYING | State.SMOKE_TEST:
            return "●", release.state.replace("_", " ").upper(), "", "no traffic yet"
    judged = scene.headline
    return judged.sign, judged.word, TONES[judged.tone], judged.tail


def _last_driver(scene: Scene) -> str:
    """Who drove it last, and how long ago they were heard; "" where nobody is known."""
    driver = scene.status["driver"]
    if not driver:
        return ""
    silent = scene.now - datetime.fromisoformat(driver["last_heard"])
    return f"; {driver['id']} was last heard {span(silent)} ago"


def _ahead(scene: Scene) -> str:
    """What happens next and in how long, in a few words."""
    ahead = scene.status["next"]
    if not ahead or not ahead["at"]:
        return ""
    if scene.alone:
        return ""
    left = datetime.fromisoformat(ahead["at"]) - scene.now
    what = percent(ahead["percent"]) if ahead["action"] == "shift" else str(ahead["action"])
    if ahead["action"] in {"shift", "promoted", "hold"}:
        if scene.headline.sign == SIGNS["fail"]:
            return ""
        if left < timedelta(seconds=1) or scene.headline.sign in DOUBTFUL:
            return f"{what} when all checks pass"
    return f"{what} in {_short(max(left, timedelta(0)))}"


def _stages(scene: Scene, width: int) -> Line:
    """`✔ 5% ━━━━ ● 25% ━━╌╌ ○ 100%`: how far through the plan."""
    story, release = scene.story, scene.story.release
    here, mood = _stands(scene)
    stages = release.plan.stages
    labels = [percent(stage.percent) for stage in stages]
    taken = sum(len(label) + 4 for label in labels) + len(here)
    bar = max(2, (width - taken) // max(1, len(stages) - 1))
    line: Line = [(" ", "")]
    for number, label in enumerate(labels):
        sign, style = "○", QUIET
        if number < release.stage or release.outcome is Outcome.PROMOTED:
            sign, style = "✔", GOOD
        elif number == release.stage:
            sign, style = here, mood
        line.append((f"{sign} {label} ", style))
        if number < len(labels) - 1:
            part = _baked(story) if number == release.stage else float(number < release.stage)
            full = round(part * bar)
            line += [("━" * full, style), ("╌" * (bar - full) + " ", QUIET)]
    return line


def _stands(scene: Scene) -> tuple[str, str]:
    """The sign of the stage in force, and its style."""
    release = scene.story.release
    if release.over:
        return scene.story.symbol, BAD
    if release.state in {State.PAUSED, State.HELD}:
        return "❚❚", DOUBT
    return ("✖", BAD) if scene.headline.tone is Tone.BAD else ("●", STRONG)


def _baked(story: Story) -> float:
    """How much of the bake of the stage in force is over, from 0 to 1."""
    release = story.release
    bake = release.stage_in_force.bake
    if release.over or release.confirmed_at is None or not bake:
        return 0.0
    return min(1.0, (story.now - release.confirmed_at) / bake)


def _traffic(scene: Scene, width: int) -> Line:
    baseline, candidate = scene.status["baseline"], scene.status["candidate"]
    left = f" {baseline['name']} {percent(baseline['share'])}  "
    right = f"  {percent(candidate['share'])} {candidate['name']}"
    share = candidate["share"] / 100
    gap = "" if share in {0, 1} else " "  # tells the arms apart without colour
    room = max(4, width - len(left) - len(right) - len(gap) - 1)
    cells = round(share * room) if share in {0, 1} else min(room - 1, max(1, round(share * room)))
    return [(left, ""), ("▄" * (room - cells) + gap, QUIET), ("▄" * cells, OURS), (right, "")]


def _table(scene: Scene, width: int, *, sparks: bool) -> Iterator[Line]:
    story = scene.story
    rows = story.checks
    if not rows:
        return
    release = story.release
    former = story.of_former_share
    head = f"CHECK AT {former}" if former else "CHECK"
    name = min(22, max(len(head), *(len(row["name"]) for row in rows)))
    value = max(8, min(12, len(release.baseline)), min(12, len(story.candidate)))
    taken = 3 + name + 2 * (value + 1) + 12 + 1 + 10
    drawing = min(21 if width < WIDE else 27, width - taken)
    drawing = drawing if drawing >= LEAST_GAUGE else 0
    heads = (release.baseline[-value:].rjust(value), story.candidate[-value:].rjust(value))
    title = f"   {head:<{name}} {heads[0]} {heads[1]} {'DIFFERENCE':>11} "
    yield [(f"{title}{'same → limit'[:drawing]:<{drawing}} limit", QUIET)]
    for row in rows:
        old = bool(former) or _is_old(scene, row)
        style = QUIET if old else VERDICT_STYLES[row["verdict"]]
        watched = old or row["role"] == "watch"
        cells = (
            f"{row['name'][:name]:<{name}}",
            numbers.value(row["baseline"], row["unit"]).rjust(value),
            numbers.value(row["candidate"], row["unit"]).rjust(value),
            numbers.change(row["diff"], row).rjust(11),
        )
        drawn = gauge.drawn(gauge.Gauge.of(row), drawing).ljust(drawing) if drawing else ""
        line: Line = [
            (f" {'?' if old else SIGNS[row['verdict']]} ", style),
            (" ".join(cells) + " ", QUIET if watched else ""),
            (drawn, style),
            (f" {numbers.limit(row):<9}", QUIET),
        ]
        if old:
            line.append(("" if former else " old", DOUBT))
        elif sparks:
            line.append((f" {spark(story, row)}", QUIET))
        yield line


def _is_old(scene: Scene, row: Row) -> bool:
    """Whether the numbers of a check say nothing of now any more."""
    since = scene.since_reading
    if since is None or scene.story.release.over or row["age_seconds"] is None:
        return False
    return oldest([row], since) > OLD


def spark(story: Story, row: Row) -> str:
    """The candidate's newest values, on the scale of the limit: what is healthy looks flat."""
    found = [r.check(row["name"]) for r in story.readings[-SPARK_WIDTH:]]
    values = [r["candidate"] for r in found if r is not None and r["candidate"] is not None]
    if len(values) < 2:
        return ""
    edge = row["limit"] if row["kind"] else _wall(row)
    top = max([abs(edge)] if edge else [], default=max(values)) or 1.0
    most = len(SPARKS) - 1
    return "".join(SPARKS[min(most, max(0, round(abs(v) / top * (most - 2))))] for v in values)


def _wall(row: Row) -> float | None:
    """The limit as a value of the candidate's own."""
    base, edge = row["baseline"], row["limit"]
    if base is None or edge is None:
        return None
    return float(base * (1 + edge) if row.get("relative") else base + edge)


def _moments(story: Story, most: int) -> Iterator[Line]:
    chosen: Sequence[Any] = story.moments[-most:] if most else ()
    for event in chosen:
        style = {"warning": DOUBT, "error": BAD}.get(event.level, "")
        sign = SIGNS[event.fields["verdict"]] if event.type == "read" else HAPPENED.get(event.type)
        if event.type == "ended":
            sign = story.symbol
        clock = (f" {event.at.astimezone():%H:%M} ", QUIET)
        yield [clock, (f"{sign or '·':<2} {event.message}", style)]


def _short(length: timedelta) -> str:
    """`6:20`, `0:42`, `1:02:10`."""
    seconds = round(length.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
