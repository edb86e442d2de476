"""Puts stages into a canary.yaml and leaves every other byte of it as it is."""

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import yaml

from canarycli.config.document import Loader, read_document
from canarycli.config.writing import plan_data, write_flow, write_yaml
from canarycli.plan import Plan

STEP = 2


class Uneditable(Exception):
    """The file is written in a way that can't be changed in place; says why."""


def with_plan(text: str, name: str, plan: Plan) -> str:
    """The file with the plan's stages: those of a plan that is there are replaced.

    A plan that is not there is added whole, below the others.

    Args:
        text: a canary.yaml without mistakes, line ends as they are.
        name: of the plan.
        plan: with the stages to write.

    Raises:
        Uneditable: aliases, or collections on one line, stand in the way.
    """
    root = yaml.compose(text, Loader=Loader)
    if not isinstance(root, yaml.MappingNode):
        raise Uneditable("the file is no mapping")
    plans = _value(root, "plans")
    if plans is None:
        changed = _added(text, root, {"plans": {name: plan_data(plan)}})
    elif not isinstance(plans, yaml.MappingNode):
        raise Uneditable("plans: is empty")
    elif _value(plans, name) is None:
        changed = _added(text, plans, {name: plan_data(plan)})
    else:
        changed = _replaced(text, plans, name, plan)
    return _proven(text, changed, name, plan)


def _replaced(text: str, plans: yaml.MappingNode, name: str, plan: Plan) -> str:
    mine = _value(plans, name)
    data = {"stages": plan_data(plan)["stages"]}
    if not isinstance(mine, yaml.MappingNode) or mine.start_mark.index < plans.start_mark.index:
        raise Uneditable(f"plan {name} is an alias")
    pair = next(((k, v) for k, v in mine.value if k.value == "stages"), None)
    if pair is None:
        return _added(text, mine, data)
    key, value = pair
    if value.start_mark.index < key.end_mark.index:
        raise Uneditable(f"the stages of plan {name} are an alias")
    if mine.flow_style:
        return _spliced(text, value.start_mark.index, _end(value), write_flow(data["stages"]))
    # A block runs to the end of the line on which its last value ends, comments included.
    lines = indent(write_yaml(data), " " * key.start_mark.column).lstrip(" ")
    return _spliced(text, key.start_mark.index, _line_end(text, _end(value)), lines.rstrip("\n"))


def _added(text: str, node: yaml.MappingNode, data: dict[str, Any]) -> str:
    """With more keys at the end of a mapping."""
    if node.flow_style or not node.value:
        raise Uneditable("a mapping it belongs to stands on one line")
    column = node.value[0][0].start_mark.column
    end = _line_end(text, _end(node))
    return _spliced(text, end, end, "\n" + indent(write_yaml(data), " " * column).rstrip("\n"))


def _spliced(text: str, start: int, end: int, new: str) -> str:
    ends = "\r\n" if "\r\n" in text else "\n"
    return text[:start] + new.replace("\n", ends) + text[end:]


def _proven(before: str, after: str, name: str, plan: Plan) -> str:
    """The changed text, if nothing but the plan's stages is different when it is read back."""
    old, new = read_document(before, ""), read_document(after, "")
    wanted = plan_data(plan)
    if isinstance(old.data, dict):
        plans = dict(old.data.get("plans") or {})
        wanted = {**plans[name], "stages": wanted["stages"]} if name in plans else wanted
        if not new.problems and new.data == {**old.data, "plans": {**plans, name: wanted}}:
            return after
    raise Uneditable("anchors or merges in it would change their meaning")


def _value(node: yaml.MappingNode, name: str) -> yaml.Node | None:
    return next((value for key, value in node.value if key.value == name), None)


def _end(node: yaml.Node) -> int:
    """Where the last value of a node ends; a block's own mark is past the comments below it."""
    return max(leaf.end_mark.index for leaf in _leaves(node))


def _leaves(node: yaml.Node) -> Iterator[yaml.Node]:
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        yield node
        return
    pairs = node.value if isinstance(node, yaml.MappingNode) else [(item,) for item in node.value]
    for pair in pairs:
        for part in pair:
            yield from _leaves(part)


def _line_end(text: str, index: int) -> int:
    found = [at for at in (text.find("\n", index), text.find("\r\n", index)) if at >= 0]
    return min(found, default=len(text))
