#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_vectorised.py LEVEL ARCHIVE...: the compiler has vectorised the loops over entries of the
functions in ARCHIVE..., compiled for the x86-64 level LEVEL: each works in the level's registers.
Exit status 77, which meson takes for a skipped test, where there is no objdump."""

import re
import shutil
import subprocess
import sys

REGISTER = {"v3": "ymm", "v4": "zmm"}
# A function, and an instruction on packed numbers that its loop cannot do without.
LOOPS = {
    "sigmoid_value": "vdivp[sd]",
    "tanh_value": "vdivp[sd]",
    "softmax_value": "vfn?madd...p[sd]",
    "relu_value": "v(cmp|max|and|blend|mov)\\w*p[sd]",
    "relu_derivative": "v(cmp|max|and|blend|mov)\\w*p[sd]",
    "sigmoid_derivative": "vmulp[sd]",
    "tanh_derivative": "vmulp[sd]",
    "leaky_relu_value": "vmulp[sd]",
    "leaky_relu_derivative": "vmulp[sd]",
    "difference": "vsubp[sd]",
    "huber_gradient": "v(cmp|max|min|blend|mov)\\w*p[sd]",
    "huber_second": "v(cmp|and|blend|mov)\\w*p[sd]",
    "absolute_gradient": "v(cmp|and|blend|mov)\\w*p[sd]",
    "poisson_second": "vmulp[sd]",
    "scale": "vmulp[sd]",
    "axpby": "vmulp[sd]",
    "drop": "vpmul(udq|lq)",
    "drop_delta": "vmulp[sd]",
    "finite": "v(p?and|ptest|pcmp|pternlog)\\w*",
}
# The steps of optimisers.
for form in ["plain", "full"]:
    for name in ["sgd", "momentum", "nesterov", "irprop_plus", "irprop_minus"]:
        LOOPS[f"{name}_{form}"] = "vmulp[sd]"
    for name in ["adagrad", "rmsprop", "rmsprop_momentum", "centred_rmsprop",
                 "centred_rmsprop_momentum", "adam", "amsgrad"]:
        LOOPS[f"{name}_{form}"] = "vsqrtp[sd]"
    LOOPS[f"within_{form}"] = "v(p?cmp|and|p?test|ptern)\\w*"
LOOPS["norm"] = "vmulpd"
# Those whose derivatives are computed from Z, by the same functions as their values.
for name in ["elu", "selu"]:
    for form in ["value", "derivative", "second"]:
        LOOPS[f"{name}_{form}"] = "vfn?madd...p[sd]"
for name in ["softplus", "softsign", "gelu", "gelu_tanh", "silu"]:
    for form in ["value", "derivative"]:
        LOOPS[f"{name}_{form}"] = "vdivp[sd]"
    LOOPS[f"{name}_second"] = "vmulp[sd]"
for form, instruction in {"value": "vfn?madd...", "derivative": "vmul", "second": "vmul"}.items():
    LOOPS[f"exponential_{form}"] = f"{instruction}p[sd]"


def functions(archive):
    """The instructions of each function, clones and split parts of one together."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", archive], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    found = {}
    for name, body in re.findall(r"^[0-9a-f]+ <([\w.]+)>:\n((?:.+\n)+)", text, flags=re.MULTILINE):
        found[name.split(".")[0]] = found.get(name.split(".")[0], "") + body
    return found


def main(level, archives):
    if not shutil.which("objdump"):
        print("skipped: there is no objdump")
        sys.exit(77)
    problems = []
    for archive in archives:
        bodies = functions(archive)
        for name, instruction in LOOPS.items():
            pattern = rf"\t{instruction}\s.*%{REGISTER[level]}"
            if not re.search(pattern, bodies.get(name, "")):
                problems.append(f"{archive}: {name} has no {instruction} on {REGISTER[level]}")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(LOOPS)} loops in each of {len(archives)} archives")


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in REGISTER:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
