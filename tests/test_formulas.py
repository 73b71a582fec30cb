#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_formulas.py SOURCE: in the source folder SOURCE, every formula of docs/derivation.md has
the next number and names, before the next formula, a test of it that is compiled and run; every
file and function that the page names is there; and its mathematics keeps to what code hosts
render. Before that the checks are tried on small pages with one mistake each."""

import pathlib
import re
import sys

PAGE = "docs/derivation.md"
BLOCK = re.compile(r"^```math\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(\S+\.[ch]): (\w+)`")
FORBIDDEN = r"\\(newcommand|renewcommand|def|label|ref|eqref|operatorname|require|hbox|href)\b"


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def spellings(function):
    """A function's name, and that of a public one in a file that is compiled twice."""
    inner = re.sub(r"^bpbf?_(?=\w)", "", function)
    return rf"(?:{function}|BPB\({inner}\))"


def defined(function, text):
    pattern = rf"^[a-z][^;{{}}]*?\b{spellings(function)}\([^;{{}}]*\)\s*\{{"
    return re.search(pattern, without_comments(text), re.MULTILINE)


def declared(function, text):
    return re.search(rf"^BPB_API\b[^;(]*?\b{function}\(", without_comments(text), re.MULTILINE)


def built(file, read):
    """Whether tests/meson.build makes a program of a test's file."""
    name = re.fullmatch(r"test_(\w+?)(_tmpl)?\.c", file)
    listed = rf"'{name[1]}': \[|'{file}'" if name else "$^"
    return re.search(listed, read("tests/meson.build") or "")


def problems_of_test(file, function, read):
    text = read(f"tests/{file}")
    if text is None:
        yield f"tests/{file}: no such file"
    elif not defined(function, text):
        yield f"tests/{file}: {function} is not defined"
    elif not re.search(rf"\bcmocka_unit_test\w*\(\s*{function}\b", without_comments(text)):
        yield f"tests/{file}: {function} is not run"
    elif not built(file, read):
        yield f"tests/{file}: not in tests/meson.build"


def problems_of_source(file, function, read):
    text = read(file)
    if text is None:
        yield f"{file}: no such file"
    elif not (declared if file.endswith(".h") else defined)(function, text):
        yield f"{file}: {function} is not there"


def is_test(file):
    return file.startswith("test_")


def problems_of_names(page, read):
    """Of all that is named, by formulas and elsewhere."""
    for file, function in NAMED.findall(page):
        check = problems_of_test if is_test(file) else problems_of_source
        yield from check(file, function, read)
    for path in re.findall(r"`((?:src|tests|include|docs)/[\w/.]+)`", page):
        if read(path) is None:
            yield f"{path}: no such file"


def problems_of_formulas(page):
    """Of numbers and of the tests that stand between a formula and the next."""
    blocks = list(BLOCK.finditer(page))
    ends = [block.start() for block in blocks[1:]] + [len(page)]
    if not blocks:
        yield "no formulas"
    for want, (block, end) in enumerate(zip(blocks, ends), 1):
        tags = re.findall(r"\\tag\{([^}]*)\}", block[1])
        if tags != [str(want)]:
            yield f"formula {want} has the numbers {tags}"
        text = re.split(r"^#", page[block.end():end], flags=re.MULTILINE)[0]
        if not any(is_test(file) for file, _ in NAMED.findall(text)):
            yield f"formula {want} names no test"
    for number in re.findall(r"\((\d{1,3})\)", BLOCK.sub("", page)):
        if not 1 <= int(number) <= len(blocks):
            yield f"formula ({number}) is spoken of, but not there"


def problems_of_mathematics(page):
    for macro in re.findall(FORBIDDEN, page):
        yield f"\\{macro} is not rendered everywhere"
    closed = re.findall(r"^```\w+\n.*?^```$", page, re.MULTILINE | re.DOTALL)
    if page.count("```") != 2 * len(closed):
        yield "a fence is open"
    text = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page))
    if "$$" in text:
        yield "$$: a formula of its own stands in a block of math, with a number"
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.count("$") % 2:
            yield f"a $ too many or too few: {paragraph.strip()[:60]}"
    for inline in re.findall(r"\$([^$]+)\$", text):
        if re.search(r"\\[^a-zA-Z]", inline):
            yield f"${inline}$: a backslash before punctuation does not survive Markdown"


def problems(read):
    page = read(PAGE)
    if page is None:
        return [f"{PAGE}: no such file"]
    return [*problems_of_formulas(page), *problems_of_names(page, read),
            *problems_of_mathematics(page)]


# ---- The checks, checked ----

GOOD = {
    PAGE: "# Page\n\n```math\na = b\n\\tag{1}\n```\n\nWhy $a$. Test: `test_x.c: a__is_b`.\n\n"
          "```math\nc\n\\tag{2}\n```\n\nWith (1), `src/y_tmpl.c: bpb_sum` and "
          "`include/z.h: bpb_sum`. Test: `test_x.c: a__is_b`.\n\n## End\n\n"
          "See `src/y_tmpl.c` (2017).\n",
    "tests/test_x.c": "static void a__is_b(void **state)\n{\n}\n"
                      "static void c__idle(void **state)\n{\n}\n"
                      "/* cmocka_unit_test(c__idle) */ cmocka_unit_test(a__is_b),\n",
    "tests/meson.build": "unit = {\n  'x': [public],\n}\n",
    "src/y_tmpl.c": "/* bpb_old(void) { */\nbpb_status BPB(sum)(size_t n,\n  int k)\n{\n}\n"
                    "void later(void);\n",
    "include/z.h": "BPB_API bpb_status bpb_sum(size_t n);\n",
}
MISTAKES = [  # file, what stands there, what takes its place (None: the file goes)
    (PAGE, "", None),
    ("tests/test_x.c", "", None),
    ("src/y_tmpl.c", "", None),
    (PAGE, "\\tag{2}", "\\tag{3}"),
    (PAGE, "\\tag{2}", "\\tag{1}"),
    (PAGE, "\\tag{1}", ""),
    (PAGE, "\\tag{1}", "\\tag{1}\\tag{2}"),
    (PAGE, "Why $a$. Test: `test_x.c: a__is_b`.", "Why $a$."),
    (PAGE, "Test: `test_x.c: a__is_b`.\n\n## End", "\n\n## End\n\nTest: `test_x.c: a__is_b`."),
    (PAGE, "```math\na = b", "```\na = b"),
    (PAGE, "test_x.c: a__is_b", "test_x.c: a__is_c"),
    (PAGE, "test_x.c: a__is_b", "test_x.c: c__idle"),
    (PAGE, "test_x.c: a__is_b", "test_v.c: a__is_b"),
    (PAGE, "y_tmpl.c: bpb_sum", "y_tmpl.c: later"),
    (PAGE, "y_tmpl.c: bpb_sum", "y_tmpl.c: bpb_old"),
    (PAGE, "y_tmpl.c: bpb_sum", "w_tmpl.c: bpb_sum"),
    (PAGE, "z.h: bpb_sum", "z.h: bpb_mean"),
    (PAGE, "See `src/y_tmpl.c`", "See `src/w_tmpl.c`"),
    (PAGE, "With (1)", "With (3)"),
    (PAGE, "$a$", "$a"),
    (PAGE, "$a$", "$$a$$"),
    (PAGE, "$a$", "$a\\,b$"),
    (PAGE, "a = b", "\\newcommand{\\x}{a} = b"),
    (PAGE, GOOD[PAGE], "# Page\n"),
    (PAGE, "## End", "## End\n\n```c\nint x;\n"),
    ("tests/test_x.c", "cmocka_unit_test(a__is_b)", ""),
    ("tests/meson.build", "'x'", "'w'"),
]


def self_check():
    """What the checks miss, or find in a page without mistakes."""
    yield from (f"self-check: found in a good page: {p}" for p in problems(GOOD.get))
    for file, old, new in MISTAKES:
        if old not in GOOD[file]:
            yield f"self-check: {old!r} is not in {file}"
        broken = None if new is None else GOOD[file].replace(old, new)
        if not problems({**GOOD, file: broken}.get):
            yield f"self-check: not found: {file}: {old!r} -> {new!r}"


def main():
    source = pathlib.Path(sys.argv[1])

    def read(path):
        file = source / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    found = [*self_check(), *problems(read)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
