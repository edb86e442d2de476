"""Brings the repository's own pages into the site: one text serves both, and no link breaks."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]

BROUGHT = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    ".github/CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "LICENSE": "license.md",
}
"""What lies outside docs/, and what it is called in the site."""

LINK = re.compile(r"(!?\[[^\]]*\]\()([^)#\s]+)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/."""
    for source, name in BROUGHT.items():
        if (ROOT / source).is_file():
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let each link lead where its page is in the site."""
    del config, files
    brought = {name: source for source, name in BROUGHT.items()}
    uri = page.file.src_uri
    home = (ROOT / brought[uri] if uri in brought else ROOT / "docs" / uri).parent

    def lead(match: re.Match[str]) -> str:
        return match[1] + _in_site(match[2], home, uri.count("/"))

    return LINK.sub(lead, markdown)


def _in_site(target: str, home: Path, depth: int) -> str:
    """A link as a page `depth` folders down in the site has to spell it."""
    if ":" in target:
        return target
    path = (home / target).resolve()
    if not path.is_relative_to(ROOT):
        return target
    name = path.relative_to(ROOT).as_posix()
    if name == "docs/README.md":
        name = "README.md"
    return "../" * depth + BROUGHT.get(name, name.removeprefix("docs/"))
