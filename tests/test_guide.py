#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_guide.py SOURCE: code in the documents is that of the programs which are built and run.

A block of C behind the line <!-- docs/examples/NAME.c --> has to stand in that file, line for line;
in README.md and docs/guide.md every block of C has such a line. The checker is tried on bad
documents first."""

import pathlib
import re
import sys

BLOCK = re.compile(r"(?:<!-- (\S+) -->\n\n?)?```c\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def problems(name, text, source, all_named=True):
    found = []
    blocks = BLOCK.findall(text)
    if not blocks:
        found.append(f"{name}: no block of C")
    for origin, code in blocks:
        first = code.split("\n", 1)[0]
        if not origin:
            if all_named:
                found.append(f"{name}: \"{first}\" names no example")
        elif not (source / origin).is_file():
            found.append(f"{name}: there is no {origin}")
        elif code not in (source / origin).read_text():
            found.append(f"{name}: \"{first}\" is not as in {origin}")
    return found


def main():
    source = pathlib.Path(sys.argv[1])
    here = "<!-- docs/examples/first.c -->\n\n"
    for bad in ["```c\nint x;\n```\n", here + "```c\nint x;\n```\n", "no block"]:
        assert problems("bad", bad, source), bad
    found = []
    for name in ["README.md", "docs/guide.md"]:
        found += problems(name, (source / name).read_text(), source)
    name = "docs/for-readers-of-nielsen.md"
    found += problems(name, (source / name).read_text(), source, all_named=False)
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
