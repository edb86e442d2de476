"""Reads a comment that somebody signed with an SSH key, and says whose key it was."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.release.orders import SIGN

NAMESPACE = "canary"
MOST = 1 << 16
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment and the signature beside it, not looked at yet."""

    text: str
    signature: str

    @classmethod
    def at(cls, path: Path) -> "Comment":
        """The one in a file, with what `ssh-keygen -Y sign` put beside it.

        Raises:
            UsageError: one of the two is not there, or is no text.
        """
        return cls(_text(path), _text(Path(f"{path}.sig")))

    @property
    def line(self) -> str:
        """What is approved."""
        return self.text.partition("\n")[0].strip()

    @property
    def reason(self) -> str:
        """What is said besides."""
        return " ".join(self.text.partition("\n")[2].split())

    def signer(self, signers: Sequence[str]) -> str:
        """Who signed it, by the names in the lines of an allowed_signers file.

        Raises:
            UsageError: none of them did, or the text has changed since.
        """
        with TemporaryDirectory(prefix="canary-") as folder:
            allowed, signature = Path(folder, "allowed"), Path(folder, "signature")
            allowed.write_text("".join(f"{line}\n" for line in signers), encoding="utf-8")
            signature.write_text(self.signature, encoding="utf-8")
            files = ("-f", str(allowed), "-s", str(signature))
            name = _keygen("find-principals", *files).partition("\n")[0].partition(",")[0]
            _keygen("verify", *files, "-n", NAMESPACE, "-I", name, said=self.text)
        return name


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST).decode("utf-8")
    except OSError as error:
        hint = f"sign it: {SIGN} COMMENT"
        raise UsageError(f"{path} can't be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text") from error


def _keygen(what: str, *words: str, said: str = "") -> str:
    """One question to ssh-keygen, and its answer."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise UsageError(
            "a signed comment is checked by ssh-keygen, which is not here",
            hint="install OpenSSH 8.1 or later",
        )
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, on files of ours
            (program, "-Y", what, *words),
            input=said,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"ssh-keygen gave no answer within {SECONDS} s") from error
    if done.returncode:
        why = (done.stderr or done.stdout).strip().splitlines()
        raise UsageError(
            "the comment is signed by none of the stage's signers, or was changed since",
            facts=[f"ssh-keygen: {why[-1]}"] if why else [],
            hint=f"sign it as it is: {SIGN} COMMENT",
        )
    return done.stdout
