#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_abi.py [--record] HEADERS LIBRARY: the built shared library against the ABI of the last release, in
tests/abi; HEADERS is the folder of the public headers. Within a minor version nothing that a compiled program relies on may change. A new minor
has a new soname and may change anything: then this compares the sonames alone. --record writes the
file anew, when a version is released. It takes a library with debugging information (meson
-Ddebug=true) and abidw and abidiff of Debian's abigail-tools, or is skipped. Before that the check
is tried on small libraries."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RECORDED = pathlib.Path(__file__).parent / "abi"
ABI_CHANGE, ABI_BREAK = 4, 8  # bits of abidiff's exit status


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def run(*command):
    return subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def soname(library):
    found = re.search(r"SONAME.*\[(.*)\]", run("readelf", "-d", library).stdout)
    return found[1] if found else sys.exit(f"{library} has no soname")


def has_debug_information(library):
    return ".debug_info" in run("readelf", "-S", library).stdout


def record(headers, library, file):
    done = run("abidw", "--headers-dir", headers, "--drop-private-types", "--no-corpus-path",
               "--no-comp-dir-path", "--out-file", file, library)
    if done.returncode != 0:
        sys.exit(done.stdout)


def changes(headers, old, new):
    """What a program that was linked with the old one may rely on and does not find in the new
    one; "" if there is nothing. Added functions are no such thing."""
    done = run("abidiff", "--headers-dir2", headers, "--drop-private-types", "--no-added-syms", old,
               new)
    return done.stdout if done.returncode & (ABI_CHANGE | ABI_BREAK) else ""


def small_library(folder, name, text):
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    (folder / "small.h").write_text(text.split("\n")[0] + "\n")
    source.write_text('#include "small.h"\n' + text.split("\n", 1)[1])
    done = run("cc", "-g", "-shared", "-fPIC", "-Wl,-soname,libsmall.so", source, "-o", library)
    return library if done.returncode == 0 else skip("there is no cc")


def check_the_check(folder):
    """A field more in a struct and a function less are found, a function more is not blamed."""
    base = "struct o {{ int a; {0} }};\nint f(struct o *o) {{ return o->a; }}\n{1}"
    g = "int g(void) { return 0; }\n"
    old = folder / "old.abi"
    record(folder, small_library(folder, "old", base.format("int b;", g)), old)
    for name, text, broken in (("same", base.format("int b;", g), False),
                               ("more", base.format("int b;", g + "int h(void) { return 1; }"),
                                False),
                               ("field", base.format("int b, c;", g), True),
                               ("less", base.format("int b;", ""), True)):
        if bool(changes(folder, old, small_library(folder, name, text))) != broken:
            sys.exit(f"self-check: {name}")


def check(headers, library, folder):
    check_the_check(folder)
    files = sorted(RECORDED.glob("libbpblas.so.*.abi"))
    if not files:
        sys.exit(f"no release is recorded in {RECORDED}")
    of_same_minor = RECORDED / f"{soname(library)}.abi"
    if of_same_minor not in files:
        print(f"{soname(library)} is not released; recorded are",
              ", ".join(file.stem for file in files))
        return
    found = changes(headers, of_same_minor, library)
    if found:
        sys.exit(f"{library} breaks programs built against {of_same_minor.stem}:\n{found}")
    print(f"{library.name} keeps the ABI of {of_same_minor.stem}")


def main(arguments):
    headers, library = map(pathlib.Path, arguments[-2:])
    for tool in ("abidw", "abidiff", "readelf"):
        if not shutil.which(tool):
            skip(f"there is no {tool}")
    if not has_debug_information(library):
        skip(f"{library.name} has no debugging information (meson -Ddebug=true)")
    if arguments[0] == "--record":
        RECORDED.mkdir(exist_ok=True)
        record(headers, library, RECORDED / f"{soname(library)}.abi")
        return
    with tempfile.TemporaryDirectory() as folder:
        check(headers, library, pathlib.Path(folder))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1:])
