"""What the doctor found fits the terminal, however long the cloud's own names are."""

import pytest

from canarycli.cli.display.doctor import show_groups
from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Color, Common, Format
from canarycli.operations.doctor import Group
from canarycli.provider import Probe

LONG = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/read"
WHO = "app c0ffee00-0000-4000-8000-000000000001 of tenant 72f9aaaa-0000-4000-8000-00000000cafe"


def shown(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    common = Common(output=Format.TABLE, color=Color.NEVER)
    probes = (
        Probe("identity", ok=True, detail=WHO),
        Probe(LONG, ok=True, detail="allowed"),
        Probe(LONG, ok=False, detail="denied by a policy of the subscription", hints=("ask ann",)),
    )
    with Output(common) as output:
        show_groups(common, output, [Group("azureml", probes)])
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("columns", [60, 80, 81, 100, 120])
def test_a_long_name_takes_no_room_from_the_others(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(columns, monkeypatch, capsys)

    assert max(map(len, lines)) <= columns
    assert lines[1].startswith("  ✔ identity            app")
    assert LONG in "".join(line.strip(" ✔✖") for line in lines)
    assert "fix: ask ann" in "\n".join(lines)


def test_what_a_long_name_stands_for_is_beside_it_or_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(100, monkeypatch, capsys)

    assert f"  ✔ {LONG}  allowed" in lines
    below = lines[lines.index(f"  ✖ {LONG}") + 1 :]
    assert below[:2] == [
        f"{'':24}denied by a policy of the subscription",
        f"{'':24}fix: ask ann",
    ]
