"""The options that say what to release and how: of `start` and of `plan`."""

from typing import Annotated

from typer import Option

NewModel = Annotated[
    str,
    Option(
        "--new-model",
        "-m",
        metavar="MODEL",
        help="A version already on the endpoint, else a model or files to deploy",
    ),
]
Percent = Annotated[
    str | None,
    Option(
        "--percent",
        "-p",
        metavar="N",
        help="One stage at N %, judge, then hold for canary promote; short for a plan",
    ),
]
PlanWord = Annotated[
    str | None,
    Option("--plan", metavar="NAME|FILE|-", help="Stages and checks; else the endpoint's plan"),
]
Stages = Annotated[str | None, Option(metavar="5,25,50,100", help="Stages on the command line")]
Bake = Annotated[str | None, Option(metavar="15m", help="Least time per stage")]
Baseline = Annotated[
    str | None,
    Option(metavar="ARM", help="The version to compare with; else the one with most traffic"),
]
Skip = Annotated[
    list[str] | None,
    Option(metavar="CHECK", help="Leave a check out, noted in the report; may be repeated"),
]
OverrideFreeze = Annotated[
    str,
    Option(metavar="REASON", help="Go up in a change freeze all the same; kept in history"),
]
