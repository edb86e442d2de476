"""What recorded answers say: bodies in, counts by period out. Pure; nothing of a body is kept."""

from canarycli.answers.counting import counted
from canarycli.answers.reading import Paths, Said, read

__all__ = ["Paths", "Said", "counted", "read"]
