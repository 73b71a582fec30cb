#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_tree.py SOURCE: no source file includes one of a higher floor, and no two files of src,
include, bench and tests have the same name. The floors stand in FLOORS, from the ground up; the
folders of one floor do not include each other. Before that the check is tried on a tree with one
mistake each."""

import pathlib
import re
import sys
import tempfile

FLOORS = [
    {"base"},
    {"blas", "data"},
    {"functions"},
    {"net"},
    {"plan", "prepare", "model"},
    {"pass"},
    {"derivative", "optim"},
    {"train", "check"},
]
INCLUDE = re.compile(r'^#\s*include\s+"([^"]+)"', re.MULTILINE)


def floor_of(folder):
    return next((i for i, floor in enumerate(FLOORS) if folder in floor), None)


def problems_of_floors(source):
    folders = {path.name for path in (source / "src").iterdir() if path.is_dir()}
    for folder in sorted(folders - set.union(*FLOORS) - {"cli"}):
        yield f"src/{folder} is on no floor"
    for file in sorted((source / "src").rglob("*.[ch]")):
        here = file.relative_to(source / "src").parts[0]
        for name in INCLUDE.findall(file.read_text()):
            there = name.split("/")[0]
            if "/" not in name or there == here or there not in folders:
                continue
            if here == "cli" and there != "base":
                yield f"{file.relative_to(source)}: the program includes {name}"
            elif here != "cli" and (there == "cli" or floor_of(there) >= floor_of(here)):
                yield f"{file.relative_to(source)}: includes {name}, which is not below it"


def problems_of_names(source):
    first = {}
    for folder in ("include", "src", "bench", "tests"):
        for file in sorted((source / folder).rglob("*.*")):
            if file.suffix not in (".c", ".h", ".py", ".sh"):
                continue
            place = file.relative_to(source)
            if file.name in first:
                yield f"{place}: has the name of {first[file.name]}"
            first.setdefault(file.name, place)


def problems(source):
    return [*problems_of_floors(source), *problems_of_names(source)]


def check_the_check():
    """Each mistake is found, and a tree without one is not blamed."""
    good = {"src/base/a.h": "", "src/net/b.c": '#include "base/a.h"\n', "tests/c.c": ""}
    mistakes = [
        {"src/base/d.c": '#include "net/b.h"\n'},
        {"src/plan/d.c": '#include "model/b.h"\n', "src/model/b.h": ""},
        {"src/cli/train/d.c": '#include "net/b.h"\n'},
        {"src/attic/d.c": ""},
        {"tests/a.h": ""},
    ]
    for mistake in [{}] + mistakes:
        with tempfile.TemporaryDirectory() as name:
            for file, text in {**good, **mistake}.items():
                path = pathlib.Path(name) / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            if bool(problems(pathlib.Path(name))) != bool(mistake):
                sys.exit(f"self-check: {mistake or 'a good tree'}: {problems(pathlib.Path(name))}")


def main(source):
    check_the_check()
    found = problems(source)
    if found:
        sys.exit("\n".join(found))
    print(f"{len(FLOORS)} floors")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
