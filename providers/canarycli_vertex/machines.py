"""How much memory a machine type has, because Monitoring only counts the bytes in use.

From Google's pages on machine families. A machine that is not here gives no memory percent.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_GIB = 1024**3
_TYPE = re.compile(r"(?P<family>[a-z]\d[a-z]?)-(?P<kind>standard|highmem|highcpu)-(?P<cpus>\d+)")

_PER_CPU: Mapping[tuple[str, str], float] = MappingProxyType(
    {
        ("n1", "standard"): 3.75,
        ("n1", "highmem"): 6.5,
        ("n1", "highcpu"): 0.9,
        ("c2d", "highcpu"): 2.0,
        ("c3", "highcpu"): 2.0,
        ("n4", "highcpu"): 2.0,
    }
)
_PER_CPU_USUAL: Mapping[str, float] = MappingProxyType(
    {
        "standard": 4.0,
        "highmem": 8.0,
        "highcpu": 1.0,
    }
)
_FAMILIES = frozenset({"n1", "n2", "n2d", "n4", "e2", "c2", "c2d", "c3", "g2"})
_WHOLE: Mapping[str, float] = MappingProxyType(
    {
        "a2-highgpu-1g": 85,
        "a2-highgpu-2g": 170,
        "a2-highgpu-4g": 340,
        "a2-highgpu-8g": 680,
        "a2-megagpu-16g": 1360,
        "a2-ultragpu-1g": 170,
        "a2-ultragpu-2g": 340,
        "a2-ultragpu-4g": 680,
        "a2-ultragpu-8g": 1360,
        "a3-highgpu-1g": 234,
        "a3-highgpu-2g": 468,
        "a3-highgpu-4g": 936,
        "a3-highgpu-8g": 1872,
    }
)


def memory_bytes(machine_type: str) -> float | None:
    """Bytes of memory of a machine type, None if it is not known here."""
    if machine_type in _WHOLE:
        return _WHOLE[machine_type] * _GIB
    match = _TYPE.fullmatch(machine_type)
    if not match or match["family"] not in _FAMILIES:
        return None
    usual = _PER_CPU_USUAL[match["kind"]]
    per_cpu = _PER_CPU.get((match["family"], match["kind"]), usual)
    return per_cpu * int(match["cpus"]) * _GIB
