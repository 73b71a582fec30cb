#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""compare_runs.py PROGRAM...: `PROGRAM --checksum` prints the same with one thread of OpenBLAS
allowed and with two."""

import os
import subprocess
import sys


def checksum(program, threads):
    environment = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads))
    run = subprocess.run([program, "--checksum"], env=environment, text=True,
                         stdout=subprocess.PIPE, check=False)
    if run.returncode != 0 or not run.stdout.strip():
        sys.exit(f"{program} with {threads} threads: exit status {run.returncode}, "
                 f"printed {run.stdout!r}")
    return run.stdout.strip()


def main(programs):
    if not programs:
        sys.exit(__doc__)
    for program in programs:
        one, two = checksum(program, 1), checksum(program, 2)
        if one != two:
            sys.exit(f"{program}: {one} with one thread, {two} with two")
        print(f"{program}: {one} with one thread and with two")


if __name__ == "__main__":
    main(sys.argv[1:])
