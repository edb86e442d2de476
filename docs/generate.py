"""Writes what is made from the program: pages under docs/ and the completion scripts.

    python docs/generate.py

Run it after a change of a command, an option or an exit code; a test compares.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from reference import configuration_page

ROOT = Path(__file__).parents[1]


def generated() -> Mapping[str, str]:
    """Every generated file by its path in the repository, with its text."""
    from canarycli.cli.completion.shells import SHELLS
    from canarycli.cli.help.man import man_page
    from canarycli.cli.help.pages import PAGES
    from canarycli.cli.help.tree import branches
    from canarycli.config.schema import config_schema

    tree = branches()
    pages = {f"docs/{name}": page() for name, page in PAGES.items()}
    pages["docs/canary.1"] = man_page(tree)
    pages["docs/canary-yaml.md"] = configuration_page(config_schema())
    scripts = {f"completions/{file}": write(tree) for file, write in SHELLS.values()}
    return {**pages, **scripts}


def main() -> int:
    """Write the files that differ and name them."""
    for name, text in generated().items():
        path = ROOT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {name}{os.linesep}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
