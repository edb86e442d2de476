"""Canary releases for ML models on SageMaker, Vertex AI and Azure ML.

    import canarycli as canary

    release = canary.start("fraud-scorer", new_model="v42", percent=5)
    for event in release.follow():
        print(event.message)
    print(release.outcome, release.exit_code)

Every function takes what its command takes, reads the same canary.yaml, records and variables,
and raises `CanaryError` and its subclasses. Nothing is printed and nothing is imported before it
is used. `docs/python.md` shows all of it in a notebook and in three pipelines.
"""

TYPE_CHECKING = False  # typing itself would double what `import canarycli` costs
if TYPE_CHECKING:
    from canarycli.errors import Busy as Busy
    from canarycli.errors import CanaryError as CanaryError
    from canarycli.errors import Exit as Exit
    from canarycli.errors import ProviderError as ProviderError
    from canarycli.errors import UsageError as UsageError
    from canarycli.journal import Event as Event
    from canarycli.operations.live_release import LiveRelease as LiveRelease
    from canarycli.operations.python import check as check
    from canarycli.operations.python import find as find
    from canarycli.operations.python import history as history
    from canarycli.operations.python import rollback as rollback
    from canarycli.operations.python import start as start
    from canarycli.operations.python import status as status

__version__ = "0.1.0"

_HOMES = {
    "canarycli.errors": ("Busy", "CanaryError", "Exit", "ProviderError", "UsageError"),
    "canarycli.journal": ("Event",),
    "canarycli.operations.live_release": ("LiveRelease",),
    "canarycli.operations.python": ("check", "find", "history", "rollback", "start", "status"),
}
"""Where each public name lives, to be imported when it is first asked for."""

__all__ = [
    "Busy",
    "CanaryError",
    "Event",
    "Exit",
    "LiveRelease",
    "ProviderError",
    "UsageError",
    "__version__",
    "check",
    "find",
    "history",
    "rollback",
    "start",
    "status",
]


def __getattr__(name: str) -> object:
    """The public name, imported now."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            found = globals()[name] = getattr(import_module(home), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What there is, imported or not."""
    return sorted({*globals(), *__all__})
