"""The keys of the live screen: what each does, and which of them act where a release stands."""

from collections.abc import Mapping

from canarycli.cli.display.scene import HELP, LOG, TABLE, Scene
from canarycli.release.record import State

KEYS: Mapping[str, str] = {
    "r": "send all traffic back to the baseline; asks",
    "p": "hold here for 15 minutes, then go back; asks",
    "c": "go on after a pause",
    "+": "15 minutes more of a pause",
    "n": "go to the next stage; asks",
    "h": "hold a rollback that is near for 15 minutes; asks for the reason",
    "t": "take over what nobody drives, and go on; asks",
    "1-9": "the chart of a check; arrows go to the others, esc back to the table",
    "l": "everything that happened; esc goes back to the table",
    "o": "write the report, and open it in the browser",
    "?": "this help",
    "q": "leave; the release goes on without you where somebody else drives it",
}
"""What the keys of the live screen do."""


def keys(scene: Scene, width: int = 200) -> str:
    """The keys that do something now, as many as fit; none once it is over."""
    if scene.story.release.over:
        return ""
    found = [f"{key}  {does}" for key, does in offers(scene).items()]
    count = min(9, len(scene.story.checks))
    if count and scene.view in {TABLE, LOG, HELP}:
        found.append(f"1-{count}  chart" if count > 1 else "1  chart")
    elif count > 1:
        found.append(f"1-{count}  other check")
    last = ["?  help", "q  leave"] if scene.view == TABLE else ["esc  table", "q  leave"]
    while len(found) > 1 and len("   ".join([*found, *last])) > width:
        found.pop()
    return "   ".join([*found, *last])


def offers(scene: Scene) -> Mapping[str, str]:
    """The keys that change the release where it stands, and what each does."""
    release = scene.story.release
    if release.over:
        return {}
    if scene.alone and scene.watches:
        return {"t": "take over and go on", "r": "roll back"}
    if release.state is State.PAUSED:
        more = {"+": "15 min more"} if release.pause and release.pause.until else {}
        return {"c": "continue", "r": "roll back", **more}
    if release.holds_off:
        return {"r": "roll back now", "h": "hold 15 min"}
    if release.state in {State.RUNNING, State.HELD}:
        return {"r": "roll back", "p": "pause", "n": "next stage"}
    return {"r": "roll back"}
