#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_fixtures.py PROGRAM: model files, checkpoints and wisdom of every earlier version, in
tests/fixtures, give what they gave to the version that wrote them."""

import csv
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
DATA = FIXTURES / "data"
# Model files for a table; the others are for the images.
OF_TABLE = {"table", "whiten"}


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def rows(path):
    with open(path, newline="") as file:
        return [[float(field) for field in row] for row in list(csv.reader(file))[1:]]


def tensors(path):
    """The bytes of each tensor of a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    data = content[8 + length:]
    return {name: data[slice(*entry["data_offsets"])] for name, entry in header.items()
            if name != "__metadata__"}


def same_numbers(got, want):
    """To the last digits that the earlier version printed, up to the rounding of its kernels."""
    return len(got) == len(want) > 0 and all(
        len(a) == len(b) and all(abs(x - y) <= 1e-5 * max(1, abs(y)) for x, y in zip(a, b))
        for a, b in zip(got, want))


def check_model(program, folder, model):
    recorded = model.with_suffix(".csv")
    out = folder / "predicted.csv"
    data = DATA / "table.csv" if model.stem in OF_TABLE else DATA
    scale = ["--pixel-scale", "1"] if model.suffix == ".json" else []
    done = run(program, "predict", "--model", model, "--data", data, *scale, "-o", out)
    if done.returncode != 0:
        return f"{model}: {done.stderr}"
    if not same_numbers(rows(out), rows(recorded)):
        return f"{model}: other predictions than {recorded.name}"
    return None


def check_checkpoint(program, folder, checkpoint, own_kernels):
    copy = folder / "run.checkpoint"
    copy.write_bytes(checkpoint.read_bytes())
    out = folder / "resumed.safetensors"
    done = run(program, "train", "--data", DATA, "--layers", "12,7,3", "--output",
               "sigmoid", "--loss", "squared", "--optimizer", checkpoint.stem, "--epochs", 5, "--seed", 3, "--lambda1", "0.1", "--dropout", "0.1",
               "--quiet", "--checkpoint", copy, "--resume", "--save", out)
    if done.returncode != 0:
        return f"{checkpoint}: {done.stderr}"
    if own_kernels and tensors(out) != tensors(checkpoint.with_suffix(".safetensors")):
        return f"{checkpoint}: the resumed run has other bits"
    return None


def check_wisdom(program, wisdom):
    done = run(program, "info", "--plan", "--layers", "784,30,10", "--batch", 10, "--wisdom", wisdom)
    return None if done.returncode == 0 else f"{wisdom}: {done.stderr}"


def main(program):
    told = run(program, "info").stdout
    own_kernels = "x86-64-v3" in told or "x86-64-v4" in told
    if "built without" in run(program, "predict", "--model", FIXTURES / "0.4" / "sigmoid.safetensors",
                        "--data", DATA, "-o", "/dev/null").stderr:
        print("skipped: a build without model files")
        sys.exit(77)
    problems, files = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for recorded in sorted(FIXTURES.glob("*/*.csv")):
            if recorded.parent == DATA:
                continue
            for model in recorded.parent.glob(recorded.stem + ".[sj]*"):
                problems.append(check_model(program, folder, model))
                files += 1
        for checkpoint in sorted(FIXTURES.glob("*/*.checkpoint")):
            problems.append(check_checkpoint(program, folder, checkpoint, own_kernels))
            files += 1
        for wisdom in sorted(FIXTURES.glob("*/wisdom")):
            if own_kernels:
                problems.append(check_wisdom(program, wisdom))
            files += 1
    problems = [problem for problem in problems if problem]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{files} files")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
