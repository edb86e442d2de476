"""canary.yaml: found, checked, and handed on as plain values.

Names are imported when they are first used: the rollback path reads an endpoint's settings and
must not wait for pydantic.
"""

from typing import TYPE_CHECKING

from canarycli.late_names import late_names

if TYPE_CHECKING:
    from canarycli.config.advice import remarks
    from canarycli.config.discover import discover
    from canarycli.config.options import bake_from_option, plan_from_options, plan_from_word
    from canarycli.config.problem import Problem, complain
    from canarycli.config.quick import endpoint_settings
    from canarycli.config.reading import lint, load
    from canarycli.config.schema import config_schema
    from canarycli.config.values import Config, EndpointConfig, Notify

_HOMES = {
    "Config": "values",
    "EndpointConfig": "values",
    "Notify": "values",
    "Problem": "problem",
    "bake_from_option": "options",
    "complain": "problem",
    "config_schema": "schema",
    "discover": "discover",
    "endpoint_settings": "quick",
    "lint": "reading",
    "load": "reading",
    "plan_from_options": "options",
    "plan_from_word": "options",
    "remarks": "advice",
}

__all__ = [
    "Config",
    "EndpointConfig",
    "Notify",
    "Problem",
    "bake_from_option",
    "complain",
    "config_schema",
    "discover",
    "endpoint_settings",
    "lint",
    "load",
    "plan_from_options",
    "plan_from_word",
    "remarks",
]


__getattr__ = late_names(__name__, {name: f"{__name__}.{home}" for name, home in _HOMES.items()})
