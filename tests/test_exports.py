#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_exports.py SOURCE LIBRARY...: in the source folder SOURCE, the functions that the header
declares are those of the export list, and each has its names in a comment above its definition;
a shared library among LIBRARY... exports just them, and in a static one, which can hide nothing,
every name begins with bpb_."""

import pathlib
import re
import shutil
import subprocess
import sys

problems = []


def same(what, names, of_header):
    """Note what one list has and the other has not."""
    for name in sorted(names - of_header):
        problems.append(f"{name}: in {what}, not in the header")
    for name in sorted(of_header - names):
        problems.append(f"{name}: in the header, not in {what}")


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def declared(headers):
    text = "\n".join(without_comments(header.read_text()) for header in headers)
    return set(re.findall(r"^BPB_API\b[^;(]*?\b(bpbf?_\w+)\(", text, flags=re.MULTILINE))


def listed(export_list):
    text = re.sub(r"#[^\n]*", "", export_list.read_text())
    return set(re.findall(r"\b(bpbf?_\w+);", text))


def symbols(library, *options):
    """Global symbols, without versions; those of the compiler begin with an underscore."""
    nm = subprocess.run(["nm", *options, "--defined-only", library], check=True, text=True,
                        stdout=subprocess.PIPE).stdout
    names = re.findall(r"^[0-9a-f]+ [A-Zi] (\w+)", nm, flags=re.MULTILINE)
    return {name for name in names if not name.startswith("_") and not name.startswith("BPBLAS_")}


def check_library(library, of_header):
    if ".so" in library.name:
        same(library.name, symbols(library, "-D"), of_header)
        return
    names = symbols(library, "-g")
    for name in sorted(of_header - names):
        problems.append(f"{name}: not in {library.name}")
    for name in sorted(names):
        if not name.startswith(("bpb_", "bpbf_")):
            problems.append(f"{name}: global in {library.name} without the prefix bpb_")


def check_comment(source, names):
    """/* bpb_loss, bpbf_loss */ stands on the line above the definition of BPB(loss); those that
    are found are taken out of names."""
    pattern = r"^(/\* (bpb_\w+), (bpbf_\w+) \*/)\n([^{]*)\{"
    text = source.read_text()
    for comment, double, single, definition in re.findall(pattern, text, re.MULTILINE):
        function = single[len("bpbf_"):]
        if f"BPB({function})(" not in definition or double != "bpb_" + function:
            problems.append(f"{source.name}: {comment} above something else")
        names.difference_update({single, double})


def check_comments(folder, of_header):
    """Every function of two precisions has such a comment, and each is above its definition."""
    pairs = {name for single in of_header if single.startswith("bpbf_")
             for name in (single, "bpb_" + single[len("bpbf_"):])}
    if not pairs:
        problems.append("no function of two precisions in the header")
    for source in sorted(folder.glob("*/*_tmpl.c")):
        check_comment(source, pairs)
    for name in sorted(pairs):
        problems.append(f"{name}: no comment with this name above a definition")


def main(source, libraries):
    if not shutil.which("nm"):
        print("skipped: there is no nm")
        sys.exit(77)
    of_header = declared(sorted((source / "include").rglob("*.h")))
    same("the export list", listed(source / "src" / "bpblas.map"), of_header)
    for library in libraries:
        check_library(library, of_header)
    check_comments(source / "src", of_header)
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(of_header)} functions")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]])
