"""Before anything moves: when each check can tell, and stages that fit traffic and risk."""

from canarycli.forecast.outlook import Forecast, forecast, levels
from canarycli.forecast.sight import Outlook
from canarycli.forecast.suggest import Suggestion, Traffic, smallest_margin, suggest

__all__ = [
    "Forecast",
    "Outlook",
    "Suggestion",
    "Traffic",
    "forecast",
    "levels",
    "smallest_margin",
    "suggest",
]
