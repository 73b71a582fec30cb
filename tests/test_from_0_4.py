#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_from_0_4.py SOURCE CC: docs/from-0.4.py, its table, and include/bpblas/names-0.4.h.

Every public name of 0.4 (abi/names-0.4.txt) that 0.5 lacks is in the table, and every new name of the
table is in the headers. docs/from-0.4.md holds the table. The programs in from_0_4 compile: one
after the script, one with the header of old names."""

import importlib.util
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
NAME = re.compile(r"\b(?:bpbf?|BPB)_\w+")
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
NOT_IN_HEADER = {"source", "data", "train"}  # their structs have other fields


def load(path):
    spec = importlib.util.spec_from_file_location("from_0_4", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code(path):
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def check(condition, *what):
    if not condition:
        sys.exit(" ".join(map(str, what)))


def check_table(table, include):
    old = set((HERE / "abi" / "names-0.4.txt").read_text().split())
    headers = [path for path in include.rglob("*.h") if path.name != "names-0.4.h"]
    new = set(NAME.findall("".join(map(code, headers))))
    check(len(old) > 400, "names-0.4.txt is too short")
    check(old - new <= set(table), "not in the table:", sorted(old - new - set(table)))
    check(set(table) <= old, "not a name of 0.4:", sorted(set(table) - old))
    written = set(NAME.findall(" ".join(f"{new} {how}" for _, new, how in table.values())))
    check(written <= new, "not in the headers:", sorted(written - new))
    kept = {name for name in table if name in new}
    check(all(table[name][0] == "type" for name in kept), "kept, but in the table:", kept)


def check_fields(module, include):
    """The struct of each field has it in 0.5, for the first word of where it went."""
    text = "".join(map(code, include.rglob("*.h")))
    for struct, old, new, _ in module.FIELDS:
        for field in re.split(r"[., ]+", new):
            check(re.search(rf"\b{field}\b", text), struct, old, "-> no", field)


def check_header(table, header):
    text = code(header)
    renamed = dict(re.findall(r"#define (bpb_\w+) (bpbf?_\w+)$", text, re.MULTILINE))
    wanted = {old: new for old, (kind, new, _) in table.items()
              if kind == "name" and old[5:] not in NOT_IN_HEADER}
    check(renamed == wanted, "names-0.4.h differs:", set(renamed.items()) ^ set(wanted.items()))
    functions = set(re.findall(r"^static inline .*?(bpb_\w+)\(", text, re.MULTILINE))
    floats = {f"bpb_snet_{verb}{side}_scaling" for verb in ("", "set_") for side in ("input", "output")}
    calls = {old for old, (kind, _, _) in table.items() if kind == "call"}
    targets = {"bpb_devaluate", "bpb_sevaluate"}
    check(functions == calls - floats - targets, "names-0.4.h differs:",
          functions ^ (calls - floats - targets))


def compile_program(cc, include, source):
    done = subprocess.run([*cc, *WARNINGS, "-I", include, "-fsyntax-only", source], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    check(done.returncode == 0, source, "does not compile:\n" + done.stdout)


def run(script, *arguments):
    return subprocess.run([sys.executable, script, *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def converted(script, folder, text):
    """The text after the script, and what it lists."""
    file = folder / "program.c"
    file.write_text(text)
    done = run(script, file)
    check(done.returncode == 0 and not done.stdout, done)
    once = file.read_text()
    run(script, file)
    check(file.read_text() == once, "a second run changes", once)
    return once, done.stderr


def check_script(cc, script, include, folder):
    text = (HERE / "from_0_4" / "renamed.c").read_text()
    diff = run(script, "--diff", HERE / "from_0_4" / "renamed.c")
    check("+    bpb_net *net" in diff.stdout, diff)
    check((HERE / "from_0_4" / "renamed.c").read_text() == text, "--diff changes the file")
    once, listed = converted(script, folder, text)
    check(not listed, listed)
    for kept in (r'"bpb_dforward \"bpb_snet\""', "/* bpb_dforward and bpb_loss stay", "of bpb_dcmatrix"):
        check(kept in once, kept, "was changed")
    compile_program(cc, include, folder / "program.c")


CASES = [  # before, after, what is listed
    ("bpb_snet *a; bpb_sview b;", "bpbf_net *a; bpbf_out b;", ""),
    ("f(bpb_dcmatrix(g(1, 2), n, m));", "f(bpb_samples(g(1, 2), m, n));", ""),
    ("bpb_dnet_activation(n, l)", "bpb_net_layer(n, l).activation", ""),
    ("bpb_snet_standardise_outputs(n, m)", "bpbf_net_standardise_by(n, NULL, m)", ""),
    ("bpb_dloss(n, w, X, T, &e)", "bpb_loss(n, w, X, T, &e)", "1: by hand: bpb_dloss: T: wrap"),
    ("bpb_devaluate(n, X, T, &s)", "bpb_evaluate(n, X, T, &s, NULL)", "bpb_devaluate: T: wrap"),
    ("\nbpb_ssgd_update(n, g, &r)", "\nbpb_ssgd_update(n, g, &r)", "2: by hand: bpb_ssgd_update"),
    ("f = bpb_dpredict;", "f = bpb_dpredict;", "not a plain call"),
    ("o = (bpb_opt_options){.momentum = 1}", "o = (bpb_opt_options){.momentum = 1}", "tuning.momentum"),
    ("(bpb_opt_options){.tuning = {.momentum = 1}}", "(bpb_opt_options){.tuning = {.momentum = 1}}", ""),
    ("bpb_net_options o = {.n_layers = a ? 1 : 2};", "bpb_net_options o = {.n_sizes = (a ? 1 : 2) + 1};",
     ""),
    ("sizeof(bpb_check); bpb_check(a)", "sizeof(bpb_check_kind); bpb_check(a)", ""),
    ("#include \"bpb_dnet.h\"\n'\\''", "#include \"bpb_dnet.h\"\n'\\''", ""),
]


def check_cases(script, folder):
    for before, after, listed in CASES:
        got, said = converted(script, folder, before)
        check(got == after, before, "->", got)
        check(listed in said and bool(listed) == bool(said), before, "lists", said)


def check_arguments(script, folder):
    latin = folder / "latin.c"
    latin.write_bytes(b"// \xe9\n")
    for arguments, said in [([], "give files"), (["--no"], "unrecognized"), (["--table", "a.c"], "alone"),
                            ([folder / "none.c"], "No such file"), ([latin], "not UTF-8")]:
        done = run(script, *arguments)
        check(done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr, done)
    check(run(script, "--help").returncode == 0, "--help")


def main(source, cc):
    source, cc = pathlib.Path(source), shlex.split(cc)
    script, include = source / "docs" / "from-0.4.py", source / "include"
    module = load(script)
    check_table(module.table(), include)
    check_fields(module, include)
    check_header(module.table(), include / "bpblas" / "names-0.4.h")
    check(module.markdown() in (source / "docs" / "from-0.4.md").read_text(),
          "the table of docs/from-0.4.md is not that of docs/from-0.4.py --table")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_script(cc, script, include, folder)
        check_cases(script, folder)
        check_arguments(script, folder)
    compile_program(cc, include, HERE / "from_0_4" / "old_names.c")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
