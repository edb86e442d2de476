"""Takes secrets out of text before a person, a file or a record sees it.

Every pattern begins at the edge of a word and has a bounded middle, so that the time grows with the
length of the text and no faster.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from json import dumps
from urllib.parse import quote, quote_plus

MASK = "***"

SECRET_WORDS = frozenset(
    {
        "secret",
        "token",
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "pass",
        "signature",
        "sig",
        "sas",
        "pat",
        "credential",
        "credentials",
        "authorization",
        "assertion",
        "auth",
        "apikey",
        "bearer",
        "cookie",
    }
)
"""A name that ends in one of those is a secret's."""

KEY_OWNERS = frozenset(
    {
        "access",
        "account",
        "api",
        "admin",
        "auth",
        "client",
        "encryption",
        "hook",
        "master",
        "primary",
        "private",
        "secondary",
        "secret",
        "shared",
        "signing",
        "storage",
        "subscription",
        "webhook",
        "key",
    }
)
"""A name that ends in `key` is a secret's behind one of those; `monkey` and `key` alone are not."""

SIGNED = frozenset({"c", "s", "h"})
"""Parameters that hold the signature of a URL of Azure's long-running operations."""

_WORDS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"

_SHAPES = r"""(?x)
      \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
    | \bBearer\s{1,4}[\w.~+/=-]{1,8192}
    | (?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{1,8192}\.[\w-]{0,4096}
    | \bya29\.[\w.-]{1,4096}
    | \bgithub_pat_\w{16,255}
    | \b(?:glpat|pypi|dckr_pat)[-_](?=[\w-]{0,80}\d)[\w-]{16,255}
    | \b(?:hf|npm)_[A-Za-z0-9]{30,40}\b
    | \bsk-(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Z])[\w-]{20,255}
    | \bgh[pousr]_\w{4,255}
    | \bdapi[0-9a-f]{32}\b
    | \b[\w~.-]{3}\dQ~[\w~.-]{31,40}                     # a client secret of Entra
    | \bxox[abprs]-[\w-]{4,255}
    | \bAIza[\w-]{20,60}
    | -----BEGIN\ [A-Z ]{0,40}PRIVATE\ KEY-----[\s\S]*?
        (?:-----END\ [A-Z ]{0,40}PRIVATE\ KEY-----|\Z)
    | (?<=://)[^\s'"<>]{1,512}@(?=[\w.\[])
    """
_HOOKS = (
    r"(?i)(https?://(?:[\w.-]{0,200}hook[\w.-]{0,200}/|[\w.-]{1,200}/(?:[\w-]{1,40}/){0,4}webhook\w{0,20}/))"
    r"[^\s'\"<>]{1,4096}"
)
_ELEMENT = r"<([A-Za-z][\w:.-]{0,80})>([^<]{1,8192})</\1>"
_NAMED = r"""(?x)
    (?<![\w?&-]) ([A-Za-z][\w-]{0,80})              # a name
    ( \\{0,3}["']? \s{0,4} [:=] \s{0,4} b? )      # what follows it
    ( \\{1,3}" (?:(?!\\{1,3}")[^\n]){0,8192} \\{1,3}"   # a text in escaped quotes
    | " (?:[^"\\\n]|\\.){0,8192} "
    | ' (?:[^'\\\n]|\\.){0,8192} '
    | (?i:basic|bearer|digest|negotiate|aws4-hmac-sha256) \s{1,4} [^\s'"]{1,8192}
    | [^\s'"<>,;}\]]{1,8192}
    )
    """
_LOW = r"%[0-9A-F]{2}"
_QUERY = r"(?<=[?&])([\w-]{1,80})=([^&\s'\"<>,]{1,8192})"


def mask(text: str, env: Mapping[str, str]) -> str:
    """The text without what looks like a secret.

    Args:
        text: anything.
        env: values of variables whose names say that they are secret are taken out too, also
            as they look in a URL, in JSON and in base64.
    """
    if known := _known(tuple(sorted(_secrets(env)))):
        text = known.sub(MASK, text)
    text = re.sub(_SHAPES, _keep_at, text)
    text = re.sub(_HOOKS, rf"\1{MASK}", text)
    text = re.sub(_ELEMENT, _element, text)
    text = re.sub(_QUERY, _query, text)
    return re.sub(_NAMED, _named, text)


def is_secret(name: str) -> bool:
    """Whether a name of a variable, a setting or a header says that its value is a secret."""
    words = [word.lower() for word in re.findall(_WORDS, name)]
    if not words:
        return False
    if words[-1] in {"key", "keys"}:
        return bool(set(words[:-1]) & KEY_OWNERS)
    return words[-1] in SECRET_WORDS or "".join(words[-2:]) in SECRET_WORDS


def _secrets(env: Mapping[str, str]) -> Iterator[str]:
    for name, value in env.items():
        hook = "hook" in name.lower() and name.lower().endswith("url")
        if len(value) >= 6 and (hook or is_secret(name)):
            yield value


@lru_cache(maxsize=4)
def _known(values: tuple[str, ...]) -> re.Pattern[str] | None:
    """The values in every form they may come in, the longest first."""
    forms = {form for value in values for form in _forms(value)}
    if not forms:
        return None
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _forms(value: str) -> Iterator[str]:
    """A value as it looks in a URL, in JSON, in HTML, in a log of Python, in hex and in base64."""
    yield value
    for inside in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield from (
            inside,
            re.sub(_LOW, lambda code: code[0].lower(), inside),
            quote(inside, safe=""),
        )
    for inner in (dumps(value)[1:-1], repr(value)[1:-1]):
        yield from (inner, inner.replace("/", "\\/"))
    for marked in (escape(value), escape(value, quote=False)):
        yield from (marked, marked.replace("&quot;", "&#34;").replace("&#x27;", "&#39;"))
    raw = value.encode("utf-8", "replace")
    yield from (raw.hex(), raw.hex().upper())
    for before in range(3):  # it may stand behind others, such as a user's name
        yield from _in_base64(raw, before)


def _in_base64(raw: bytes, before: int) -> Iterator[str]:
    """What the bytes make of the text with so many others in front, whatever stands around."""
    whole = len(raw) + before
    first, last = (before * 8 + 5) // 6, whole * 8 // 6
    for encoded in (b64encode, urlsafe_b64encode):
        yield encoded(bytes(before) + raw).decode()[first:last]


def _keep_at(found: re.Match[str]) -> str:
    return f"{MASK}@" if found[0].endswith("@") else MASK


def _element(found: re.Match[str]) -> str:
    return f"<{found[1]}>{MASK}</{found[1]}>" if is_secret(found[1]) else found[0]


def _named(found: re.Match[str]) -> str:
    if not is_secret(found[1]):
        return found[0]
    edge = re.match(r"\\{0,3}[\"']", found[3])
    around = edge[0] if edge else ""
    return f"{found[1]}{found[2]}{around}{MASK}{around}"


def _query(found: re.Match[str]) -> str:
    secret = found[1] in SIGNED or is_secret(found[1])
    return f"{found[1]}={MASK}" if secret else found[0]
