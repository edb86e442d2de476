"""Loads botocore's service models quickly: of SageMaker's 2.6 MB only what canary calls is read."""

import gc
import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders

OWN = Path(__file__).with_name("models")
"""SageMaker's model without the operations that canary never calls, and without prose.

`tests/providers/sagemaker/test_own_model.py` holds it against botocore's, and writes it anew when
run as a script.
"""


class PlainFiles:
    """Reads models into plain dicts: botocore's own `OrderedDict`s take twice as long to make."""

    def exists(self, file_path: str) -> bool:
        """Whether there is such a file, compressed or not."""
        return any(Path(file_path + end).is_file() for end in (".json", ".json.gz"))

    def load_file(self, file_path: str) -> Any:
        """The content of a file whose ending is left out, None if there is none."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        if packed.is_file():
            return json.loads(gzip.decompress(packed.read_bytes()))
        return None


@cache
def service_models(path: str | None) -> Any:
    """The services' models, parsed once however many accounts one process drives.

    A person's own models come first, ours before those of botocore.

    Args:
        path: folders with more of them, as in AWS_DATA_PATH.
    """
    loader: Any = botocore.loaders.create_loader(path)
    loader.search_paths.insert(len(loader.search_paths) - 1, str(OWN))
    loader.file_loader = PlainFiles()
    loader.list_available_services = lambda _kind: _folders(loader.search_paths)
    return loader


def _folders(places: Sequence[str]) -> list[str]:
    """The services there are models of: botocore would look into each of their 400 folders."""
    there = [Path(place) for place in places if Path(place).is_dir()]
    return sorted({folder.name for place in there for folder in place.iterdir()})


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection inside: it would go through a growing model again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
