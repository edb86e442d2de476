"""Takes secrets out of text before a person or a file sees it."""

import re
from collections.abc import Mapping

MASK = "***"

_NAMES = r"authorization|(?:access[_-]?|api[_-]?)?(?:secret|token|password|passwd|signature|key)"
_PATTERNS = (
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"(?i)\bBearer\s+[\w.~+/=-]+"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"),
    re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"https://hooks\.[\w.]+/[\w/-]+"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(rf"(?i)(?<=[?&])([\w-]*(?:{_NAMES}|credential))=[^&\s'\"]+"),
)
_NAMED = re.compile(
    rf"""(?ix) (["']? [\w-]* (?:{_NAMES}) ["']? \s* [:=] \s*) (["']?) ([^\s"',}}&]{{6,}}) \2"""
)
_SECRET_NAME = re.compile(r"(?i)secret|token|password|passwd|credential|api_?key|access_?key|_url$")


def mask(text: str, env: Mapping[str, str]) -> str:
    """The text without what looks like a secret.

    Args:
        text: anything.
        env: values of variables whose names say that they are secret are taken out too.
    """
    for value in _secrets(env):
        text = text.replace(value, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return _NAMED.sub(lambda found: f"{found[1]}{found[2]}{MASK}{found[2]}", text)


def _secrets(env: Mapping[str, str]) -> list[str]:
    found = {v for name, v in env.items() if _SECRET_NAME.search(name) and len(v) >= 6}
    return sorted(found, key=len, reverse=True)
