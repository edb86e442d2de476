"""Steps the wall clock under processes that run, as an administrator or NTP does; not the other."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long *ahead;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("STEPPED_BY"), O_RDONLY);
    void *there = file < 0 ? MAP_FAILED : mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    ahead = there == MAP_FAILED ? 0 : there;
}

int clock_gettime(clockid_t which, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(which, at);
    if (!failed && which == CLOCK_REALTIME && ahead) at->tv_sec += *ahead;
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@dataclass(frozen=True)
class WallClock:
    """What a machine's processes take for the time of day.

    Attributes:
        file: by how many seconds it is ahead, for whoever runs under it.
    """

    file: Path
    library: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to go by it."""
        return {"LD_PRELOAD": str(self.library), "STEPPED_BY": str(self.file)}

    def step(self, seconds: int) -> None:
        """Set it so far ahead of the real one."""
        with self.file.open("r+b") as kept:
            kept.write(struct.pack("l", seconds))


def wall_clock(folder: Path) -> WallClock | None:
    """A clock that can be set, None where nothing compiles C."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library, file = (folder / name for name in ("clock.c", "clock.so", "ahead"))
    source.write_text(SHIM)
    file.write_bytes(struct.pack("l", 0))
    made = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=False
    )
    return WallClock(file, library) if made.returncode == 0 else None
