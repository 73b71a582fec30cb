#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_install.py BUILD CC CXX: install the meson build folder BUILD under a temporary DESTDIR,
look for what should be there, and compile and run programs in C11 and C++14 against that copy
through pkg-config, with the shared and with the static library; each header also on its own.
Exit status 77, which meson takes for a skipped test, where something for it is missing."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parent / "include"
HEADERS = sorted(INCLUDE.rglob("*.h"))
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
STANDARD = {".c": "-std=c11", ".cpp": "-std=c++14"}


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def run(command, **environment):
    command = [str(word) for word in command]
    print("+", shlex.join(command), flush=True)
    done = subprocess.run(command, env={**os.environ, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nexit status {done.returncode}")
    return done.stdout


def search_path(folder, variable):
    """The folder, and then what the environment variable names already."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))


def introspect(build, what):
    return json.loads(run(["meson", "introspect", what, build]))


class Copy:
    """An installed copy below a folder that stands for the root of the file system."""

    def __init__(self, root, options):
        prefix = root / str(options["prefix"]).lstrip("/")
        self.root = root
        self.include = prefix / options["includedir"]
        self.lib = prefix / options["libdir"]
        self.bin = prefix / options["bindir"]

    def flags(self, *arguments):
        """What pkg-config says for a program that uses the library."""
        return run(["pkg-config", *arguments, "--cflags", "--libs", "bpblas"],
                   PKG_CONFIG_PATH=search_path(self.lib / "pkgconfig", "PKG_CONFIG_PATH"),
                   PKG_CONFIG_SYSROOT_DIR=str(self.root)).split()


def install(build, root):
    run(["meson", "install", "--no-rebuild", "-C", build], DESTDIR=str(root))
    for path in introspect(build, "--installed").values():
        if not (root / path.lstrip("/")).exists():
            sys.exit(f"{path} was not installed")


def check_files(copy, options, version):
    """The files that users know by name, with the chain of names of the shared library."""
    wanted = [copy.lib / "pkgconfig" / "bpblas.pc"]
    wanted += [copy.include / header.relative_to(INCLUDE) for header in HEADERS]
    if options["default_library"] != "static":
        names = [f"libbpblas.so.{version}", f"libbpblas.so.{version.rpartition('.')[0]}", "libbpblas.so"]
        wanted += [copy.lib / name for name in names]
        for link in names[1:]:
            if (copy.lib / link).resolve().name != names[0]:
                sys.exit(f"{link} does not lead to {names[0]}")
    if options["default_library"] != "shared":
        wanted.append(copy.lib / "libbpblas.a")
    if options["cli"]:
        wanted.append(copy.bin / "bpblas")
    missing = [str(path) for path in wanted if not path.is_file()]
    if missing:
        sys.exit("not installed: " + ", ".join(missing))
    said = run(["pkg-config", "--modversion", copy.lib / "pkgconfig" / "bpblas.pc"]).strip()
    if said != version:
        sys.exit(f"bpblas.pc says version {said}, not {version}")


def check_headers(compilers, copy, folder):
    """Each needs nothing before it, and gives no warning of its own."""
    for suffix, compiler in compilers.items():
        for header in HEADERS:
            source = folder / ("alone" + suffix)
            source.write_text(f"#include <{header.relative_to(INCLUDE)}>\n"
                              "int main(void) { return 0; }\n")
            run([*compiler, STANDARD[suffix], *WARNINGS, "-I", copy.include, "-fsyntax-only",
                 source])


def check_programs(compilers, folder, flags, **environment):
    """Compile, link and run each consumer; run fails where one does."""
    for suffix, compiler in compilers.items():
        program = folder / ("first_" + suffix[1:])
        run([*compiler, STANDARD[suffix], *WARNINGS, HERE / "consumer" / ("first" + suffix),
             "-o", program, *flags])
        print(run([program], **environment), end="")


def check_shared(compilers, copy, folder):
    check_programs(compilers, folder, copy.flags(),
                   LD_LIBRARY_PATH=search_path(copy.lib, "LD_LIBRARY_PATH"))


def links(compiler, folder, flag):
    """Whether the linker finds a library that -l names."""
    source = folder / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    return subprocess.run([*compiler, source, "-o", folder / "empty", flag],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def check_static(compilers, copy, folder):
    """With the shared library out of the way, -lbpblas is the static one. OpenBLAS's own
    --static names libgfortran, which only a static OpenBLAS needs: it may be missing."""
    for library in copy.lib.glob("libbpblas.so*"):
        library.unlink()
    flags = copy.flags("--static")
    if "-lgfortran" in flags and not links(compilers[".c"], folder, "-lgfortran"):
        print("there is no libgfortran to link with: left out")
        flags = [flag for flag in flags if flag != "-lgfortran"]
    check_programs(compilers, folder, flags)


def main(build, cc, cxx):
    compilers = {".c": shlex.split(cc), ".cpp": shlex.split(cxx)}
    for tool in ["meson", "pkg-config", *(words[0] for words in compilers.values() if words)]:
        if not shutil.which(tool):
            skip(f"there is no {tool}")
    if not compilers[".cpp"]:
        skip("there is no C++ compiler")
    options = {option["name"]: option["value"] for option in introspect(build, "--buildoptions")}
    if options["b_sanitize"] != "none" or options["b_coverage"]:
        skip("the library is instrumented")
    version = introspect(build, "--projectinfo")["version"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy = Copy(folder / "root", options)
        install(build, copy.root)
        check_files(copy, options, version)
        check_headers(compilers, copy, folder)
        if options["default_library"] != "static":
            check_shared(compilers, copy, folder)
        if options["default_library"] != "shared":
            check_static(compilers, copy, folder)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
