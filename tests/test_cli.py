#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The program bpblas from outside: test_cli.py PATH_TO_BPBLAS

Makes a small data set of its own: three classes of 8x8 images, each bright in another place.
"""
import ast
import csv
import gzip
import json
import math
import os
import pty
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
HAS_MODELS = False  # built with jansson
HAS_GZIP = False    # built with zlib

SIDE, CLASSES, N_TRAIN, N_TEST = 8, 3, 300, 60
OK, FAILED, USAGE, NONFINITE = 0, 1, 2, 3

UBYTE, FLOAT = (0x08, "B"), (0x0D, "f")


# ---- The data set ------------------------------------------------------------------------

def idx(kind, dimensions, values):
    code, letter = kind
    header = bytes([0, 0, code, len(dimensions)]) + struct.pack(f">{len(dimensions)}I", *dimensions)
    return header + struct.pack(f">{len(values)}{letter}", *values)


def image(label, rng):
    """Rows 3 label .. 3 label + 1 are bright, all else is dim."""
    return [rng.randrange(150, 256) if row // 3 == label and row % 3 < 2 else rng.randrange(60)
            for row in range(SIDE) for _ in range(SIDE)]


def samples(n, seed):
    rng = random.Random(seed)
    labels = [rng.randrange(CLASSES) for _ in range(n)]
    return [image(label, rng) for label in labels], labels


def write(folder, name, content, compress=False):
    path = os.path.join(folder, name + (".gz" if compress else ""))
    with (gzip.open if compress else open)(path, "wb") as file:
        file.write(content)
    return path


def write_part(folder, part, images, labels, kind=UBYTE, compress=False):
    pixels = [pixel for one in images for pixel in one]
    write(folder, f"{part}-images-idx3-ubyte", idx(kind, [len(images), SIDE, SIDE], pixels), compress)
    write(folder, f"{part}-labels-idx1-ubyte", idx(UBYTE, [len(labels)], labels), compress)


def npy(letter, shape, values, fortran=False):
    """A NumPy file: values of struct's letter, in the order in which they are in the file."""
    size = struct.calcsize("<" + letter)
    kind = {"B": "|u", "e": "<f", "f": "<f", "d": "<f"}[letter]
    text = repr({"descr": f"{kind}{size}", "fortran_order": fortran, "shape": tuple(shape)})
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return (b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text.encode() +
            struct.pack(f"<{len(values)}{letter}", *values))


def read_npy(path):
    """The type, and the rows of a file in C order."""
    with open(path, "rb") as file:
        content = file.read()
    length, = struct.unpack("<H", content[8:10])
    header = ast.literal_eval(content[10:10 + length].decode())
    assert content[:8] == b"\x93NUMPY\x01\0" and header["fortran_order"] is False
    n, width = header["shape"]
    letter = {"<f4": "f", "<f8": "d"}[header["descr"]]
    values = struct.unpack(f"<{n * width}{letter}", content[10 + length:])
    return header["descr"], [list(values[i * width:][:width]) for i in range(n)]


TRAIN, TEST = samples(N_TRAIN, 1), samples(N_TEST, 2)


# ---- Running the program -----------------------------------------------------------------

def environment(**changes):
    """Ours, without a restart, which would add a line to stderr; None removes a variable."""
    env = dict(os.environ, BPBLAS_NO_RESTART="1")
    for name, value in changes.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return env


def run(*words, env=None, **options):
    return subprocess.run([PROGRAM, *map(str, words)], env=env or environment(), timeout=120,
                          stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE,
                          text=True, **options)


def run_on_terminal(*words):
    """What appears on a terminal, and the exit code."""
    try:
        pid, terminal = pty.fork()
    except OSError as error:  # a container without pseudo-terminals
        raise unittest.SkipTest(f"no pseudo-terminal: {error}") from error
    if pid == 0:
        os.execve(PROGRAM, [PROGRAM, *map(str, words)], environment())
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says EIO at the end
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def read_log(path):
    with open(path, encoding="ascii") as file:
        return [json.loads(line, parse_constant=lambda name: 1 / 0) for line in file]


def without_seconds(log):
    return [{key: value for key, value in line.items() if key != "seconds"} for line in log]


def read_model(path):
    """The header and the bytes of the tensors of a safetensors file."""
    with open(path, "rb") as file:
        content = file.read()
    length, = struct.unpack("<Q", content[:8])
    return json.loads(content[8:8 + length]), content[8 + length:]


def needs(what):
    """Skip, visibly, where the build lacks "models" or "gzip"."""
    def wrap(test):
        def wrapped(self):
            if not {"models": HAS_MODELS, "gzip": HAS_GZIP}[what]:
                self.skipTest(f"built without {what}")
            test(self)
        wrapped.__name__ = test.__name__
        return wrapped
    return wrap


class Case(unittest.TestCase):
    """A folder of its own with the data set in data/."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bpblas-cli-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.path("data")
        os.mkdir(self.data)
        write_part(self.data, "train", *TRAIN)
        write_part(self.data, "t10k", *TEST)

    def path(self, name):
        return os.path.join(self.folder, name)

    def assertCode(self, code, result):
        self.assertEqual(code, result.returncode, f"{result.stdout}{result.stderr}")
        return result

    def train(self, *words, data=None, code=OK):
        return self.assertCode(code, run("train", "--data", data or self.data, "--epochs", 5, *words))

    def train_model(self, *words):
        """The paths of a trained model and its log."""
        model, log = self.path("model.safetensors"), self.path("run.jsonl")
        self.train("--save", model, "--log", log, *words)
        return model, log

    def assertRefused(self, code, mentions, *words):
        """The code, and one line on stderr that names what is wrong; nothing else."""
        result = self.assertCode(code, run(*words))
        lines = result.stderr.splitlines()
        self.assertEqual(1, len(lines), result.stderr)
        self.assertTrue(lines[0].startswith("bpblas: "), lines[0])
        self.assertIn(mentions, lines[0])
        self.assertEqual("", result.stdout)


# ---- Training ----------------------------------------------------------------------------

class Train(Case):
    def test_separable_classes__are_learnt(self):
        log = self.path("run.jsonl")
        for words in ([], ["--precision", "double"], ["--layers", "64,10,3"],
                      ["--output", "softmax", "--loss", "cross-entropy", "--eta", "0.1"],
                      ["--activation", "relu", "--init", "he-normal", "--eta", "0.5"]):
            with self.subTest(words=words):
                result = self.train("--epochs", 20, "--log", log, *words)
                last = read_log(log)[-1]
                self.assertGreaterEqual(last["train_accuracy"], 0.98)
                self.assertGreaterEqual(last["test_accuracy"], 0.95)
                self.assertRegex(result.stdout, r"\Atest accuracy [01]\.\d{4} "
                                                r"\(best [01]\.\d{4} at epoch \d+\)\n\Z")

    def test_summary__is_the_last_and_the_best_test_score(self):
        log = self.path("run.jsonl")
        result = self.train("--log", log, "--eta", "30")
        scores = [line["test_accuracy"] for line in read_log(log)]
        self.assertEqual(f"test accuracy {scores[-1]:.4f} (best {max(scores):.4f} at epoch "
                         f"{1 + scores.index(max(scores))})\n", result.stdout)

    def test_log__has_the_documented_fields(self):
        log = self.path("run.jsonl")
        self.train("--log", log, "--validate-last", 50, "--eta", "0.5")
        lines = read_log(log)
        self.assertEqual([1, 2, 3, 4, 5], [line["epoch"] for line in lines])
        for line in lines:
            self.assertEqual(["epoch", "eta", "train_loss", "train_accuracy", "validation_loss",
                              "validation_accuracy", "test_loss", "test_accuracy", "seconds"],
                             list(line))
            self.assertEqual(0.5, line["eta"])
            for field in ("train", "validation", "test"):
                self.assertTrue(0 <= line[field + "_accuracy"] <= 1)
                self.assertTrue(0 < line[field + "_loss"] < 2)
            self.assertTrue(0 < line["seconds"] < 60)
        self.assertLess(lines[-1]["train_loss"], lines[0]["train_loss"])

    def test_validate_last__scores_those_samples_and_trains_on_the_others(self):
        """As though the last 100 were the test set of a folder that holds the first 200."""
        part = self.path("part")
        os.mkdir(part)
        images, labels = TRAIN
        write_part(part, "train", images[:200], labels[:200])
        write_part(part, "t10k", images[200:], labels[200:])
        logs = [self.path("a"), self.path("b")]
        self.train("--log", logs[0], "--validate-last", 100)
        self.train("--log", logs[1], data=part)
        for whole, parted in zip(*map(read_log, logs)):
            for score in ("loss", "accuracy"):
                self.assertEqual(whole["train_" + score], parted["train_" + score])
                self.assertEqual(whole["validation_" + score], parted["test_" + score])

    def test_train_first__trains_on_those_samples_alone(self):
        part = self.path("part")
        os.mkdir(part)
        write_part(part, "train", TRAIN[0][:170], TRAIN[1][:170])
        write_part(part, "t10k", *TEST)
        logs = [self.path("a"), self.path("b")]
        self.train("--log", logs[0], "--train-first", 170)
        self.train("--log", logs[1], data=part)
        self.assertEqual(*(without_seconds(read_log(log)) for log in logs))

    def test_test_folder__replaces_the_test_set(self):
        other = self.path("other")
        os.mkdir(other)
        write_part(other, "t10k", TEST[0][:7], TEST[1][:7])
        log = self.path("run.jsonl")
        self.train("--log", log, "--test", other, "--init", "zero", "--eta", "1e-9")
        zeros = TEST[1][:7].count(0)  # all outputs are alike: the lowest class is predicted
        self.assertEqual(zeros / 7, read_log(log)[0]["test_accuracy"])

    def test_no_test_set__gives_no_test_score(self):
        for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
            os.remove(os.path.join(self.data, name))
        log = self.path("run.jsonl")
        self.assertTrue(self.train("--log", log).stdout.startswith("train accuracy "))
        self.assertNotIn("test_loss", read_log(log)[0])
        result = self.train("--log", log, "--validate-last", 30)
        self.assertTrue(result.stdout.startswith("validation accuracy "))

    def test_no_train_score__leaves_the_field_out(self):
        log = self.path("run.jsonl")
        self.train("--log", log, "--no-train-score")
        self.assertNotIn("train_loss", read_log(log)[0])
        self.assertIn("test_loss", read_log(log)[0])

    def test_single_linear_output__has_loss_but_no_accuracy(self):
        write_part(self.data, "train", TRAIN[0], [0] * N_TRAIN)
        write_part(self.data, "t10k", TEST[0], [0] * N_TEST)
        log = self.path("run.jsonl")
        result = self.train("--log", log, "--layers", "64,5,1", "--output", "identity", "--eta", "0.01")
        self.assertTrue(result.stdout.startswith("test loss "))
        self.assertNotIn("test_accuracy", read_log(log)[0])

    @needs("models")
    def test_same_seed__gives_the_same_log_and_tensors(self):
        first = self.train_model("--seed", 7)
        kept = self.path("kept"), self.path("kept-log")
        for path, copy in zip(first, kept):
            shutil.copy(path, copy)
        again = self.train_model("--seed", 7)
        self.assertEqual(without_seconds(read_log(kept[1])), without_seconds(read_log(again[1])))
        self.assertEqual(read_model(kept[0]), read_model(again[0]))
        other = self.train_model("--seed", 8)
        self.assertNotEqual(without_seconds(read_log(kept[1])), without_seconds(read_log(other[1])))
        self.assertNotEqual(read_model(kept[0])[1], read_model(other[0])[1])

    def test_seed__is_that_of_the_initial_parameters_and_of_the_order(self):
        """One step an epoch hides the order, parameters that begin as zero the other."""
        for words in (["--batch", N_TRAIN, "--epochs", 1], ["--init", "zero", "--batch", 1]):
            losses = set()
            for seed in (1, 2):
                log = self.path("run.jsonl")
                self.train("--log", log, "--seed", seed, *words)
                losses.add(round(read_log(log)[-1]["train_loss"], 4))
            self.assertEqual(2, len(losses), words)

    def test_orthogonal__is_drawn_or_refused_for_want_of_lapack(self):
        words = ["--data", self.data, "--epochs", 1, "--init", "orthogonal"]
        result = run("train", *words)
        if result.returncode == FAILED:
            self.assertRefused(FAILED, "without LAPACK", "train", *words)
        else:
            self.assertCode(OK, result)

    def test_score_that_is_not_finite__is_null_in_the_log(self):
        write_part(self.data, "t10k", [[3e38] * SIDE * SIDE] + TEST[0][1:], TEST[1], FLOAT)
        log = self.path("run.jsonl")
        self.train("--log", log, "--layers", "64,3", "--output", "identity", "--init", "normal",
                   "--pixel-scale", 1, "--eta", "1e-6")
        self.assertIsNone(read_log(log)[-1]["test_loss"])
        self.assertIsNotNone(read_log(log)[-1]["train_loss"])

    @needs("gzip")
    def test_gzip__gives_the_same_run(self):
        packed = self.path("packed")
        os.mkdir(packed)
        write_part(packed, "train", *TRAIN, compress=True)
        write_part(packed, "t10k", *TEST, compress=True)
        logs = [self.path("a"), self.path("b")]
        self.train("--log", logs[0])
        self.train("--log", logs[1], data=packed)
        self.assertEqual(*(without_seconds(read_log(log)) for log in logs))

    def test_divergence__is_code_3_and_saves_nothing(self):
        model = self.path("model.safetensors")
        words = ["--activation", "relu", "--output", "identity", "--eta", "1e6"]
        words += ["--save", model] if HAS_MODELS else []
        result = self.train("--quiet", *words, code=NONFINITE)
        self.assertIn("--eta", result.stderr)
        self.assertFalse(os.path.exists(model))

    def test_rates_beyond_the_precision__are_usage_errors(self):
        for words, name in ((["--eta", "1e39"], "--eta is 1e+39"),
                            (["--eta", "3", "--lambda", "1e42"], "--lambda / n is")):
            result = self.train("--precision", "float", *words, code=USAGE)
            self.assertIn(name, result.stderr)

    @needs("models")
    def test_nothing__is_left_behind(self):
        words = ["train", "--data", "data", "--epochs", 1, "--save", "m"]
        for code, more in ((OK, []), (USAGE, ["--layers", "63,3"]),
                           (NONFINITE, ["--output", "identity", "--eta", "1e9"])):
            self.assertCode(code, run(*words, *more, cwd=self.folder))
            self.assertEqual({"data", "m"}, set(os.listdir(self.folder)))
            self.assertEqual(4, len(os.listdir(self.data)))

    @needs("models")
    def test_failed_run__keeps_the_old_model(self):
        model, _ = self.train_model()
        before = read_model(model)
        self.train("--save", model, "--output", "identity", "--eta", "1e9", code=NONFINITE)
        self.assertEqual(before, read_model(model))


# ---- What is shown -----------------------------------------------------------------------

class Shown(Case):
    def test_no_terminal__has_one_line_an_epoch(self):
        result = self.train("--validate-last", 30)
        lines = result.stderr.splitlines()
        self.assertEqual(6, len(lines), result.stderr)
        self.assertRegex(lines[0], r"\Anote: without --save FILE or --checkpoint FILE ")
        for epoch, line in enumerate(lines[1:], 1):
            self.assertRegex(line, rf"\Aepoch {epoch}/5  train [\d.]+ loss [\d.]+  "
                                   r"validation [\d.]+ loss [\d.]+  test [\d.]+ loss [\d.]+  [\d.]+ s\Z")

    def test_quiet__prints_nothing(self):
        result = self.train("--quiet")
        self.assertEqual(("", ""), (result.stdout, result.stderr))

    def test_quiet_restart__prints_nothing(self):
        result = self.assertCode(OK, run("train", "--data", self.data, "--epochs", 1, "--quiet",
                                         env=environment(BPBLAS_NO_RESTART=None)))
        self.assertEqual(("", ""), (result.stdout, result.stderr))

    def test_terminal__draws_a_bar(self):
        shown, code = run_on_terminal("train", "--data", self.data, "--epochs", 3)
        self.assertEqual(OK, code, shown)
        self.assertRegex(shown, r"\repoch 1/3 \[[=> ]{20}\] +\d+ %")
        self.assertEqual(3, len(re.findall(r"epoch \d/3  train [\d.]+ loss", shown)))
        self.assertRegex(shown, r"test accuracy [\d.]+ \(best")

    def test_terminal__shows_rate_and_remaining_time(self):
        shown, code = run_on_terminal("train", "--data", self.data, "--epochs", 20, "--layers",
                                      "64,800,800,3", "--batch", 1)
        self.assertEqual(OK, code, shown)
        self.assertRegex(shown, r"\d+ samples/s  \d+:\d\d left")

    def test_terminal__is_left_alone_when_quiet(self):
        self.assertEqual(("", OK), run_on_terminal("train", "--data", self.data, "--epochs", 2,
                                                   "--quiet"))

    def test_help__teaches(self):
        for words, mentions in ((["--help"], ["train", "eval", "predict", "info", "exit codes"]),
                                (["train", "--help"], ["--eta X", "default for sgd 3.0", "examples:",
                                                       "cross-entropy", "required"]),
                                (["eval", "--help"], ["--model FILE", "example"]),
                                (["predict", "-h"], ["-o, --out FILE", "CSV"]),
                                (["info", "--help"], ["--model FILE", "--plan\n", "(with --plan)",
                                                      "--save-wisdom FILE", "default all"])):
            with self.subTest(words=words):
                result = self.assertCode(OK, run(*words))
                self.assertEqual("", result.stderr)
                for mention in mentions:
                    self.assertIn(mention, result.stdout)

    def test_help_of_train__names_every_recorded_default(self):
        help_text = run("train", "--help").stdout
        for name in ("--pixel-scale", "--activation", "--output", "--loss", "--init", "--eta",
                     "--lambda", "--batch", "--epochs", "--seed", "--precision", "--threads",
                     "--planning"):
            block = help_text.split(f"\n  {name} ")[1].split("\n  --")[0]
            self.assertIn("default ", " ".join(block.split()), name)

    def test_version__is_printed(self):
        self.assertRegex(self.assertCode(OK, run("--version")).stdout, r"\Abpblas \d+\.\d+\.\d+\n\Z")

    def test_full_disk__is_noticed(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w", encoding="ascii") as full:
            result = self.assertCode(FAILED, run("--help", stdout=full))
        self.assertIn("standard output", result.stderr)


# ---- Models ------------------------------------------------------------------------------

class Models(Case):
    @needs("models")
    def test_eval__equals_the_last_line_of_the_log(self):
        for precision in ("float", "double"):
            with self.subTest(precision=precision):
                model, log = self.train_model("--precision", precision)
                last = read_log(log)[-1]
                for part in ("test", "train"):
                    result = self.assertCode(OK, run("eval", "--model", model, "--data", self.data,
                                                     "--part", part))
                    loss = float(re.search(r"^loss (\S+)$", result.stdout, re.M)[1])
                    right, n = map(int, re.search(r"\((\d+) of (\d+)\)", result.stdout).groups())
                    self.assertEqual({"test": N_TEST, "train": N_TRAIN}[part], n)
                    self.assertEqual(last[part + "_accuracy"], right / n)
                    digits = {"float": 1e-8, "double": 0}[precision]
                    self.assertLessEqual(abs(last[part + "_loss"] - loss), digits * loss)

    @needs("models")
    def test_eval__in_the_other_precision_is_nearly_the_same(self):
        model, log = self.train_model("--precision", "float")
        result = self.assertCode(OK, run("eval", "--model", model, "--data", self.data,
                                         "--precision", "double"))
        loss = float(result.stdout.split()[1])
        self.assertAlmostEqual(1, loss / read_log(log)[-1]["test_loss"], 4)
        self.assertNotEqual(loss, read_log(log)[-1]["test_loss"])

    def predictions(self, *words):
        result = self.assertCode(OK, run("predict", *words))
        return list(csv.DictReader(result.stdout.splitlines()))

    @needs("models")
    def test_predict__has_the_accuracy_of_the_log(self):
        model, log = self.train_model("--epochs", 1)
        rows = self.predictions("--model", model, "--data", self.data)
        self.assertEqual(["class", "y0", "y1", "y2"], list(rows[0]))
        self.assertEqual(N_TEST, len(rows))
        right = 0
        for row, label in zip(rows, TEST[1]):
            outputs = [float(row[f"y{i}"]) for i in range(CLASSES)]
            self.assertEqual(outputs.index(max(outputs)), int(row["class"]))
            right += int(row["class"]) == label
        self.assertEqual(read_log(log)[-1]["test_accuracy"], right / N_TEST)

    @needs("models")
    def test_predict__needs_no_labels_and_writes_files(self):
        model, _ = self.train_model()
        images = os.path.join(self.data, "t10k-images-idx3-ubyte")
        whole = run("predict", "--model", model, "--data", self.data).stdout
        os.remove(os.path.join(self.data, "t10k-labels-idx1-ubyte"))
        out = self.path("out.csv")
        for words in (["--data", self.data], ["--images", images]):
            result = run("predict", "--model", model, *words, "-o", out)
            self.assertEqual("", self.assertCode(OK, result).stdout)
            with open(out, encoding="ascii") as file:
                self.assertEqual(whole, file.read())
        self.assertEqual(N_TRAIN, len(self.predictions("--model", model, "--data", self.data,
                                                       "--part", "train")))

    @needs("models")
    def test_predict__digits_give_the_reals_back(self):
        model, _ = self.train_model("--precision", "float")
        for row in self.predictions("--model", model, "--data", self.data):
            for i in range(CLASSES):
                real, = struct.unpack("f", struct.pack("f", float(row[f"y{i}"])))
                self.assertEqual(f"{real:.9g}", row[f"y{i}"])

    @needs("models")
    def test_predict__numpy_in_and_out(self):
        model, _ = self.train_model()
        rows = self.predictions("--model", model, "--data", self.data)
        whole = [[float(row[f"y{i}"]) for i in range(CLASSES)] for row in rows]
        pixels = [pixel for one in TEST[0] for pixel in one]
        across = [float(one[k]) for k in range(SIDE * SIDE) for one in TEST[0]]
        out = self.path("out.npy")
        for content in (npy("B", [N_TEST, SIDE, SIDE], pixels),
                        npy("f", [N_TEST, SIDE * SIDE], pixels),
                        npy("d", [N_TEST, SIDE * SIDE], across, fortran=True)):
            images = write(self.folder, "images.npy", content)
            self.assertEqual(rows, self.predictions("--model", model, "--images", images))
            result = run("predict", "--model", model, "--images", images, "-o", out)
            self.assertEqual("", self.assertCode(OK, result).stdout)
            kind, outputs = read_npy(out)
            self.assertEqual("<f4", kind)
            self.assertEqual([[f"{y:.9g}" for y in row] for row in whole],
                             [[f"{y:.9g}" for y in row] for row in outputs])
        self.assertCode(OK, run("predict", "--model", model, "--data", self.data, "-o", out,
                                "--precision", "double"))
        kind, outputs = read_npy(out)
        self.assertEqual(("<f8", N_TEST), (kind, len(outputs)))
        for got, want in zip(outputs, whole):
            for y, t in zip(got, want):
                self.assertAlmostEqual(y, t, 4)

    @needs("models")
    def test_predict__numpy_files_that_are_refused(self):
        model, _ = self.train_model("--layers", "64,3", "--output", "identity", "--init", "normal",
                                    "--pixel-scale", 1, "--eta", "1e-6")
        good = npy("f", [2, 64], [1.0] * 128)
        for content, code, mentions in (
                (npy("e", [2, 64], [1.0] * 128), FAILED, "not an array of plain numbers"),
                (good.replace(b"'<f4'", b"'|O8'"), FAILED, "not an array of plain numbers"),
                (good + b"x", FAILED, "goes on"), (good[:-1], FAILED, "needs"),
                (npy("f", [2, 32], [1.0] * 64), FAILED, "32 values"),
                (npy("f", [2, 64], [1.0] * 127 + [math.nan]), NONFINITE, "value 63 of sample 1")):
            images = write(self.folder, "images.npy", content)
            self.assertRefused(code, mentions, "predict", "--model", model, "--images", images)
        out, huge = self.path("out.npy"), npy("f", [2, 64], [3e38] * 64 + [1.0] * 64)
        images = write(self.folder, "images.npy", huge)
        result = run("predict", "--model", model, "--images", images, "-o", out)
        self.assertIn("1 of 2 samples", self.assertCode(NONFINITE, result).stderr)
        spoilt, whole = read_npy(out)[1]
        self.assertFalse(all(map(math.isfinite, spoilt)))
        self.assertTrue(all(map(math.isfinite, whole)))

    @needs("models")
    def test_predict__single_sigmoid_has_a_threshold(self):
        write_part(self.data, "train", TRAIN[0], [0] * N_TRAIN)
        write_part(self.data, "t10k", TEST[0], [0] * N_TEST)
        for output, columns in (("sigmoid", ["class", "y0"]), ("identity", ["y0"])):
            model, _ = self.train_model("--layers", "64,5,1", "--output", output, "--eta", "0.01")
            rows = self.predictions("--model", model, "--data", self.data)
            self.assertEqual(columns, list(rows[0]))
            for row in rows:
                self.assertEqual(row.get("class", "1"), str(int(float(row["y0"]) > 0.5))
                                 if output == "sigmoid" else "1")

    @needs("models")
    def test_predict__output_that_is_not_finite_is_code_3_and_has_no_class(self):
        model, _ = self.train_model("--layers", "64,3", "--output", "identity", "--init", "normal",
                                    "--pixel-scale", 1, "--eta", "1e-6")
        huge = write(self.folder, "huge", idx(FLOAT, [2, SIDE, SIDE], [3e38] * 64 + [1.0] * 64))
        result = self.assertCode(NONFINITE, run("predict", "--model", model, "--images", huge))
        self.assertIn("1 of 2 samples", result.stderr)
        spoilt, whole = csv.DictReader(result.stdout.splitlines())
        self.assertEqual("", spoilt["class"])
        self.assertIn(whole["class"], ("0", "1", "2"))
        write_part(self.data, "t10k", [[3e38] * 64] + TEST[0][1:], TEST[1], FLOAT)
        result = self.assertCode(NONFINITE, run("eval", "--model", model, "--data", self.data))
        self.assertIn(f"1 of {N_TEST} samples", result.stderr)

    @needs("models")
    def test_info__describes_the_model(self):
        model, log = self.train_model("--layers", "64,7,5,3", "--activation", "tanh", "--output",
                                      "softmax", "--loss", "cross-entropy", "--eta", "0.25",
                                      "--precision", "double")
        text = self.assertCode(OK, run("info", "--model", model)).stdout
        self.assertIn("64 -> 7 tanh -> 5 tanh -> 3 softmax\n", text)
        self.assertRegex(text, r"loss +cross-entropy\n")
        self.assertRegex(text, rf"parameters +{64 * 7 + 7 + 7 * 5 + 5 + 5 * 3 + 3}\n")
        self.assertRegex(text, r"precision +double\n")
        self.assertIn("data: data\n", text)
        self.assertIn("--eta 0.25 ", text)
        self.assertIn(f"test_loss: {read_log(log)[-1]['test_loss']!r}", text)
        self.assertNotIn(self.folder, text)

    @needs("models")
    def test_pixel_scale__is_kept_in_the_model(self):
        for scale in (255, 256):
            model, log = self.train_model("--pixel-scale", scale, "--precision", "double")
            factor = re.search(r"shift 0, factor (\S+)\n", run("info", "--model", model).stdout)[1]
            self.assertEqual(1 / scale, float(factor))
        model, _ = self.train_model("--pixel-scale", 1, "--eta", "0.01")
        self.assertRegex(run("info", "--model", model).stdout, r"input scaling +none\n")

    @needs("models")
    def test_model__has_the_documented_tensors(self):
        header, data = read_model(self.train_model("--layers", "64,7,3")[0])
        shapes = {name: tensor["shape"] for name, tensor in header.items() if name[0] in "Wb"}
        self.assertEqual({"W1": [7, 64], "b1": [7], "W2": [3, 7], "b2": [3]}, shapes)
        begin, end = header["W1"]["data_offsets"]
        weights = struct.unpack(f"<{7 * 64}f", data[begin:end])
        self.assertTrue(all(map(math.isfinite, weights)) and any(weights))

    @needs("models")
    def test_model_of_another_shape__is_refused(self):
        model, _ = self.train_model()
        wide = idx(UBYTE, [2, 5, 5], [0] * 50)
        path = write(self.folder, "wide", wide)
        self.assertRefused(FAILED, "25 values", "predict", "--model", model, "--images", path)

    @needs("models")
    def test_damaged_model__is_refused(self):
        model, _ = self.train_model()
        with open(model, "rb") as file:
            content = file.read()
        for damaged in (b"", content[:4], content[:-1], content[:100], b"\xff" * 64,
                        content[:-1] + bytes([content[-1] ^ 1])):
            with open(model, "wb") as file:
                file.write(damaged)
            for command in (["eval", "--data", self.data], ["predict", "--data", self.data], ["info"]):
                self.assertRefused(FAILED, model, *command, "--model", model)

    @needs("models")
    def test_failed_save__is_told_before_training(self):
        for path in (self.path("no/such/model"), self.data, "/dev/null"):
            self.assertRefused(FAILED, "--save", "train", "--data", self.data, "--save", path)

    def test_build_without_models__says_so_before_training(self):
        if HAS_MODELS:
            self.skipTest("built with models")
        self.assertRefused(FAILED, "jansson", "train", "--data", self.data, "--save", self.path("m"))


# ---- Models of network2.py ------------------------------------------------------------------

class Network2(Case):
    """What train saves as .json; and predictions from it by loops, as Network.feedforward makes."""

    def save(self, *words):
        path = self.path("net.json")
        self.train("--save", path, "--pixel-scale", 256, "--layers", "64,5,3", *words)
        with open(path, encoding="ascii") as file:
            return path, json.load(file)

    @staticmethod
    def feedforward(net, activation):
        for W, b in zip(net["weights"], net["biases"]):
            z = [sum(w * a for w, a in zip(row, activation)) + one for row, (one,) in zip(W, b)]
            activation = [1 / (1 + math.exp(-value)) for value in z]
        return activation

    @needs("models")
    def test_saved_net__predicts_the_same_there_and_here(self):
        for precision, digits in (("double", 1e-13), ("float", 1e-5)):
            path, net = self.save("--precision", precision, "--loss", "cross-entropy", "--eta", 0.5)
            self.assertEqual(([64, 5, 3], "CrossEntropyCost"), (net["sizes"], net["cost"]))
            result = run("predict", "--model", path, "--data", self.data, "--pixel-scale", 256)
            rows = csv.DictReader(self.assertCode(OK, result).stdout.splitlines())
            for row, pixels in zip(rows, TEST[0]):
                there = self.feedforward(net, [pixel / 256 for pixel in pixels])
                for i, value in enumerate(there):
                    self.assertAlmostEqual(1, float(row[f"y{i}"]) / value, delta=digits)

    @needs("models")
    def test_eval__has_the_score_of_the_other_form(self):
        path, _ = self.save()
        model, log = self.train_model("--pixel-scale", 256, "--layers", "64,5,3", "--loss",
                                      "squared")
        words = ["--data", self.data, "--precision", "float"]
        shown = [self.assertCode(OK, run("eval", *words, "--model", name, *more)).stdout
                 for name, more in ((model, []), (path, ["--pixel-scale", 256]))]
        self.assertEqual(*shown)
        self.assertAlmostEqual(read_log(log)[-1]["test_loss"], float(shown[0].split()[1]), 6)

    @needs("models")
    def test_info__shows_it_in_double(self):
        path, _ = self.save()
        shown = self.assertCode(OK, run("info", "--model", path)).stdout
        for line in (r"layers +64 -> 5 sigmoid -> 3 sigmoid", "loss +squared", "precision +double",
                     "input scaling +none"):
            self.assertRegex(shown, f"(?m)^{line}$")
        plan = run("info", "--plan", "--model", path).stdout
        self.assertRegex(plan, r"(?m)^precision +double$")

    @needs("models")
    def test_pixel_scale__is_asked_for_where_the_model_has_none(self):
        path, _ = self.save()
        model, _ = self.train_model()
        for command in ("eval", "predict"):
            words = [command, "--data", self.data, "--model"]
            self.assertRefused(USAGE, "--pixel-scale", *words, path)
            self.assertRefused(USAGE, "--pixel-scale", *words, model, "--pixel-scale", 256)

    @needs("models")
    def test_net_it_cannot_hold__is_refused_before_training(self):
        path = self.path("net.json")
        for words in (["--activation", "tanh"], ["--output", "softmax"], ["--output", "identity"]):
            self.assertRefused(USAGE, path, "train", "--data", self.data, "--save", path, *words)
        self.assertFalse(os.path.exists(path))

    @needs("models")
    def test_damaged_file__is_refused(self):
        path, net = self.save()
        for damaged in ("", "{}", json.dumps(net)[:-1], json.dumps({**net, "sizes": [64, 6, 3]}),
                        json.dumps({**net, "cost": "LogLikelihood"})):
            with open(path, "w", encoding="ascii") as file:
                file.write(damaged)
            for words in (["eval", "--data", self.data, "--pixel-scale", 1], ["info"]):
                self.assertRefused(FAILED, path, *words, "--model", path)


# ---- Plans -------------------------------------------------------------------------------

def choices(text):
    """(layer, product, m, n, k) -> kernel, of the table of info --plan."""
    rows = re.findall(r"(?m)^ *(\d+)  (\w+) +\S.*? +(\d+) +(\d+) +(\d+)  (\S+)$", text)
    found = {(int(layer), product, int(m), int(n), int(k)): kernel
             for layer, product, m, n, k, kernel in rows}
    assert len(found) == len(rows), text
    return found


def timings(text):
    """(layer, product) -> list of (mark, kernel, microseconds, GFLOP/s)."""
    found = {}
    rows = re.findall(r"(?m)^ *(\d+)  (\w+) +([* ]) (\S+) +([\d.]+) +([\d.]+)$", text)
    for layer, product, mark, kernel, time, rate in rows:
        found.setdefault((int(layer), product), []).append((mark, kernel, float(time), float(rate)))
    return found


def field(text, name):
    return re.search(rf"(?m)^{name} +(.*)$", text)[1]


class Plans(Case):
    WORDS = ["--layers", "40,7,3", "--batch", 5]
    KERNELS = {"tiles", "packed", "cblas", "cblas-transposed"}
    EQUATIONS = {"forward": "Z = W A + b 1^T", "delta": "D' = W^T D",
                 "gradient": "W <- beta W + D A^T", "predict": "Z = W A + b 1^T"}

    def plan(self, *words, **options):
        result = self.assertCode(OK, run("info", "--plan", *words, **options))
        self.assertEqual("", result.stderr)
        return result.stdout

    def wisdom(self, *words, name="net.wisdom"):
        path = self.path(name)
        return path, self.plan("--save-wisdom", path, *words)

    def write_wisdom(self, *lines):
        return write(self.folder, "own.wisdom", "\n".join(["bpblas wisdom 1", *lines, ""]).encode())

    def test_table__has_the_products_of_each_pass(self):
        text = self.plan(*self.WORDS)
        products = [(1, "forward", 7, 5, 40), (1, "gradient", 7, 40, 5), (1, "predict", 7, 64, 40),
                    (2, "forward", 3, 5, 7), (2, "delta", 7, 5, 3), (2, "gradient", 3, 7, 5),
                    (2, "predict", 3, 64, 7)]
        self.assertEqual(products, list(choices(text)))
        for line in text.split("\n\n")[1].splitlines()[1:]:
            self.assertIn(f" {self.EQUATIONS[line.split()[1]]} ", line)
        for kernel in choices(text).values():
            self.assertIn(kernel, self.KERNELS)
        self.assertEqual({}, timings(text))

    def test_summary__names_what_was_asked_for(self):
        for words, precision, planning in (
                ([], "float", "estimate"), (["--precision", "double"], "double", "estimate"),
                (["--precision", "float", "--planning", "cblas"], "float", "cblas")):
            text = self.plan(*self.WORDS, *words)
            self.assertEqual("40 -> 7 sigmoid -> 3 sigmoid", field(text, "layers"))
            self.assertEqual(precision, field(text, "precision"))
            self.assertEqual("5", field(text, "batch"))
            self.assertEqual(planning, field(text, "planning"))
        self.assertEqual("10", field(self.plan("--layers", "4,3"), "batch"))

    def test_cblas__is_left_to_the_blas(self):
        for kernel in choices(self.plan(*self.WORDS, "--planning", "cblas")).values():
            self.assertIn(kernel, ("cblas", "cblas-transposed"))
        path, text = self.wisdom(*self.WORDS, "--planning", "cblas")
        self.assertEqual(choices(text), choices(self.plan(*self.WORDS, "--wisdom", path)))

    def test_work__has_the_documented_bytes(self):
        for precision, real in (("float", 4), ("double", 8)):
            text = self.plan("--layers", "40,7,3", "--batch", 128, "--planning", "cblas",
                             "--threads", 1, "--precision", precision)
            least = real * (128 * (40 + 2 * (7 + 3) + 2 * 3) + 128) + 8 * 128
            most = least + 64 * (3 * 2 + 6) + real * 7 * 128  # a product transposed, at most
            bytes_of_work = int(re.fullmatch(r"(\d+) bytes", field(text, "work"))[1])
            self.assertTrue(least <= bytes_of_work <= most, bytes_of_work)

    def test_threads__are_those_that_pay(self):
        def threads(*words, **options):
            text = field(self.plan("--precision", "float", *words, **options), "threads")
            return tuple(map(int, re.fullmatch(r"(\d+) \((\d+) allowed\)", text).groups()))
        self.assertEqual((1, 5), threads("--layers", "4,3", "--threads", 5))
        self.assertEqual((3, 3), threads("--layers", "784,128,10", "--batch", 128, "--threads", 3))
        self.assertEqual((1, 1024), threads("--layers", "4,3", "--threads", 1024))
        if not hasattr(os, "sched_getaffinity"):
            return
        allowed = os.sched_getaffinity(0)
        def take_one():
            os.sched_setaffinity(0, {min(allowed)})
        for words in ([], ["--threads", "all"]):
            self.assertEqual((1, min(len(allowed), 1024)), threads("--layers", "4,3", *words))
            self.assertEqual((1, 1), threads("--layers", "784,128,10", "--batch", 128, *words,
                                             preexec_fn=take_one))

    def test_measure__shows_the_kernels_of_each_product_and_marks_one(self):
        for precision in ("float", "double"):
            text = self.plan(*self.WORDS, "--planning", "measure", "--precision", precision)
            chosen, taken = choices(text), timings(text)
            self.assertEqual([row[:2] for row in chosen], list(taken))
            every = {kernel for _, kernel, _, _ in taken[1, "forward"]}
            self.assertLessEqual({"cblas", "cblas-transposed"}, every)
            for (layer, product, m, n, k), kernel in chosen.items():
                rows = taken[layer, product]
                kernels = [row[1] for row in rows]
                self.assertEqual(len(set(kernels)), len(kernels))
                # predict takes none with which a sample's bits depend on its place
                self.assertTrue(set(kernels) < every if product == "predict" else
                                set(kernels) == every, kernels)
                self.assertEqual([kernel], [row[1] for row in rows if row[0] == "*"])
                for _, _, time, rate in rows:
                    self.assertGreater(time, 0)
                    flops = 2e-3 * m * n * k  # thousands of them: GFLOP/s times microseconds
                    self.assertLessEqual(flops / (time + 0.006) - 0.06, rate)
                    self.assertGreaterEqual(flops / max(time - 0.006, 1e-9) + 0.06, rate)
                self.assertEqual(min(row[2] for row in rows),
                                 next(row[2] for row in rows if row[0] == "*"))

    def test_saved_wisdom__makes_the_table_again(self):
        path, text = self.wisdom(*self.WORDS, "--planning", "measure")
        for words in ([], ["--planning", "cblas"], ["--planning", "measure"]):
            again = self.plan(*self.WORDS, "--wisdom", path, *words)
            self.assertEqual(choices(text), choices(again))
            self.assertTrue(field(again, "planning").endswith(", except for the products in the "
                                                              "wisdom"))
        second, _ = self.wisdom(*self.WORDS, "--wisdom", path, name="again.wisdom")
        with open(path, encoding="ascii") as one, open(second, encoding="ascii") as other:
            self.assertEqual(one.read(), other.read())

    def test_joined_wisdom__serves_both(self):
        asked = self.WORDS, [*self.WORDS, "--precision", "double"]
        content, tables = b"", []
        for words in asked:
            path, text = self.wisdom(*words, "--planning", "measure")
            tables.append(choices(text))
            with open(path, "rb") as file:
                content += file.read()
        joined = write(self.folder, "joined.wisdom", content)
        for words, table in zip(asked, tables):
            self.assertEqual(table, choices(self.plan(*words, "--wisdom", joined)))

    def test_wisdom__counts_for_the_products_it_names(self):
        plain = choices(self.plan(*self.WORDS))
        path = self.write_wisdom("s forward 7 5 40 cblas-transposed", "s gradient 7 41 5 cblas",
                                 "d delta 7 5 3 cblas-transposed")
        self.assertEqual(plain | {(1, "forward", 7, 5, 40): "cblas-transposed"},
                         choices(self.plan(*self.WORDS, "--wisdom", path)))

    @needs("models")
    def test_model__is_planned_for_as_it_is(self):
        model, _ = self.train_model("--layers", "64,7,3", "--activation", "tanh",
                                    "--precision", "double")
        text = self.plan("--model", model, "--batch", 20)
        self.assertEqual("64 -> 7 tanh -> 3 softmax", field(text, "layers"))
        self.assertEqual("double", field(text, "precision"))
        same = self.plan("--layers", "64,7,3", "--precision", "double", "--batch", 20)
        self.assertEqual(choices(same), choices(text))
        text = self.plan("--model", model, "--precision", "float")
        self.assertEqual("float", field(text, "precision"))
        self.assertRefused(FAILED, "nowhere", "info", "--plan", "--model", self.path("nowhere"))

    def test_options_without_plan__are_refused(self):
        for words in (self.WORDS, ["--batch", 10], ["--precision", "float"], ["--threads", "all"],
                      ["--planning", "estimate"], ["--wisdom", "w"], ["--save-wisdom", "w"],
                      ["--model", "m", "--threads", 1]):
            option = words[-2] if words[0] == "--model" else words[0]
            with self.subTest(words=words):
                self.assertRefused(USAGE, f"{option} requires --plan", "info", *words)
        self.assertRefused(USAGE, "--plan takes no value", "info", "--plan=yes")

    def test_plan__is_of_one_net(self):
        self.assertRefused(USAGE, "either --layers", "info", "--plan")
        self.assertRefused(USAGE, "either --layers", "info", "--plan", "--model", "m", *self.WORDS)

    def test_values(self):
        for option, value in (("--layers", "4"), ("--batch", "0"), ("--batch", "3000000000"),
                              ("--precision", "stored"), ("--threads", "0"), ("--threads", "1025"),
                              ("--planning", "best"), ("--wisdom", ""), ("--save-wisdom", ""),
                              ("--layers", "2147483647,2147483647,2147483647")):
            with self.subTest(option=option, value=value):
                self.assertRefused(USAGE, option, "info", "--plan", *self.WORDS,
                                   f"{option}={value}")

    def refuse_wisdom(self, path, mentions):
        self.assertRefused(FAILED, mentions, "info", "--plan", *self.WORDS, "--wisdom", path)
        log = write(self.folder, "log", b"kept")
        self.assertRefused(FAILED, mentions, "train", "--data", self.data, "--layers", "64,7,3",
                           "--wisdom", path, "--log", log)
        with open(log, "rb") as file:
            self.assertEqual(b"kept", file.read())

    def test_wisdom_that_is_none__is_refused_by_name(self):
        self.refuse_wisdom(self.path("nowhere"), "no such file")
        self.refuse_wisdom(self.folder, self.folder)
        for content in (b"", b"x", b"bpblas wisdom 1\nx\n", b"bpblas wisdom 1\ns forward 1 2 3\n",
                        b"\0" * 100, b"bpblas wisdom 1\ns sideways 1 2 3 tiles\n"):
            self.refuse_wisdom(write(self.folder, "no.wisdom", content), "no.wisdom")

    def test_wisdom_of_another_machine__is_refused_by_name(self):
        self.refuse_wisdom(self.write_wisdom("s forward 7 5 40 magic", "s forward 7 10 64 magic"),
                           "own.wisdom names a kernel")

    def test_failed_save_of_wisdom__is_told_before_measuring(self):
        for path in (self.path("no/such/file"), self.data, "/dev/null"):
            self.assertRefused(FAILED, "--save-wisdom", "info", "--plan", *self.WORDS,
                               "--save-wisdom", path)


class TrainByPlan(Case):
    """Images so large that threads pay: 784 values, which are noise."""

    def setUp(self):
        super().setUp()
        rng = random.Random(3)
        for part, n in (("train", 300), ("t10k", 70)):
            pixels, labels = rng.randbytes(784 * n), [i % 10 for i in range(n)]
            write(self.data, f"{part}-images-idx3-ubyte", idx(UBYTE, [n, 28, 28], pixels))
            write(self.data, f"{part}-labels-idx1-ubyte", idx(UBYTE, [n], labels))

    WORDS = ["--layers", "784,128,10", "--batch", 128]

    def model(self, *words):
        path = self.path("model.safetensors")
        self.train(*self.WORDS, "--epochs", 2, "--save", path, *words)
        with open(path, "rb") as file:
            return file.read()

    @needs("models")
    def test_threads__do_not_change_a_bit_of_the_file(self):
        text = run("info", "--plan", *self.WORDS, "--threads", 3).stdout
        self.assertEqual("3 (3 allowed)", field(text, "threads"))
        for words in ([], ["--precision", "double"], ["--planning", "cblas"]):
            with self.subTest(words=words):
                one = self.model("--threads", 1, *words)
                for threads in (["--threads", 2], ["--threads", 3], []):
                    self.assertEqual(one, self.model(*threads, *words), threads)

    @needs("models")
    def test_wisdom__is_followed_and_noted_without_its_folder(self):
        lines = ["bpblas wisdom 1", "s forward 128 128 784 cblas", "s gradient 128 784 128 cblas",
                 "s forward 10 128 128 cblas", "s delta 128 128 10 cblas",
                 "s gradient 10 128 128 cblas"]
        path = write(self.folder, "blas.wisdom", "\n".join(lines).encode())
        self.model("--planning", "cblas")
        blas = read_model(self.path("model.safetensors"))
        self.model("--wisdom", path)
        wise = read_model(self.path("model.safetensors"))
        self.assertEqual(blas[1], wise[1])
        text = run("info", "--model", self.path("model.safetensors")).stdout
        self.assertIn("  wisdom: blas.wisdom\n", text)
        self.assertIn("--planning estimate\n", text)
        self.assertNotIn(self.folder, text)

    @needs("models")
    def test_measured_run__is_noted(self):
        self.model("--planning", "measure")
        self.assertIn("--planning measure\n",
                      run("info", "--model", self.path("model.safetensors")).stdout)


# ---- Mistakes ----------------------------------------------------------------------------

class Usage(Case):
    def test_commands(self):
        self.assertEqual(USAGE, run().returncode)
        self.assertIn("usage", run().stderr)
        self.assertRefused(USAGE, "trane", "trane")
        self.assertRefused(USAGE, "--data", "train")
        self.assertRefused(USAGE, "--model", "eval", "--data", self.data)
        self.assertRefused(USAGE, "--model", "predict", "--data", self.data)
        self.assertRefused(USAGE, "--images", "predict", "--model", "m")
        self.assertRefused(USAGE, "--images", "predict", "--model", "m", "--data", self.data,
                           "--images", "i")

    def test_options(self):
        self.assertRefused(USAGE, "--epochs", "train", "--data", self.data, "--epoch", 3)
        self.assertRefused(USAGE, "--zeta", "train", "--data", self.data, "--zeta", 3)
        self.assertRefused(USAGE, "surplus", "train", "--data", self.data, "surplus")
        self.assertRefused(USAGE, "--eta", "train", "--data", self.data, "--eta")
        self.assertRefused(USAGE, "--save", "train", "--data", self.data, "--save", "--quiet")
        self.assertRefused(USAGE, "--quiet", "train", "--data", self.data, "--quiet=yes")
        self.assertRefused(USAGE, "-x", "train", "--data", self.data, "-x")

    def test_values(self):
        wrong = {
            "--eta": ["3.0x", "", "0", "-1", "nan", "inf", "1e999", "0x1p3", " 3", "3,0", "1e-999"],
            "--lambda": ["-0.1", "x", "nan", "infinity", "1e-999"],
            "--batch": ["0", "-1", "1.5", "+1", " 1", "1 ", "18446744073709551616", "ten"],
            "--epochs": ["0", "-3", "1e3", "99999999999999999999"],
            "--seed": ["-1", "0x10", "18446744073709551616"],
            "--validate-last": ["-1", "x"],
            "--train-first": ["0", "-1"],
            "--pixel-scale": ["0", "128", "255.0"],
            "--precision": ["half", "Float"],
            "--threads": ["0", "-1", "1025", "1.5", "2 ", "many", ""],
            "--planning": ["guess", "Measure", ""],
            "--wisdom": [""],
            "--activation": ["sigmoidal", ""],
            "--output": ["linear"],
            "--loss": ["mse"],
            "--init": ["gauss"],
            "--layers": ["64", "64,,3", "64,30,3,", ",64,3", "64,0,3", "64,-1,3", "64 30 3",
                         "64,2147483648,3", "a,b", "64,30,3x", ",".join(["64"] * 65)],
        }
        for option, values in wrong.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.assertRefused(USAGE, option, "train", "--data", self.data,
                                       f"{option}={value}")

    def test_names__are_listed(self):
        result = run("train", "--data", self.data, "--activation", "x")
        for name in ("sigmoid", "tanh", "relu", "identity", "softmax"):
            self.assertIn(name, result.stderr)

    def test_both_ways__of_giving_a_value(self):
        for words in (["--eta", "2", "--seed=18446744073709551615"], ["--eta=.2e1", "--eta=2."]):
            self.train(*words)

    def test_options_against_the_data(self):
        for option, value in (("--layers", "63,10,3"), ("--layers", "64,10,2"),
                              ("--validate-last", N_TRAIN), ("--train-first", N_TRAIN + 1)):
            with self.subTest(option=option, value=value):
                self.assertRefused(USAGE, option, "train", "--data", self.data, option, value)

    def test_loss_against_output(self):
        for output in ("relu", "tanh", "identity"):
            self.assertRefused(USAGE, "--output", "train", "--data", self.data, "--output", output,
                               "--loss", "cross-entropy")


class Files(Case):
    def test_missing(self):
        self.assertRefused(FAILED, "nowhere", "train", "--data", self.path("nowhere"))
        self.assertRefused(FAILED, "train-images-idx3-ubyte", "train", "--data", self.folder)
        self.assertRefused(FAILED, "t10k-images-idx3-ubyte", "train", "--data", self.data, "--test",
                           self.folder)
        os.remove(os.path.join(self.data, "t10k-labels-idx1-ubyte"))
        self.assertRefused(FAILED, "t10k-labels-idx1-ubyte", "train", "--data", self.data)
        os.remove(os.path.join(self.data, "train-labels-idx1-ubyte"))
        self.assertRefused(FAILED, "train-labels-idx1-ubyte", "train", "--data", self.data)

    @needs("models")
    def test_missing_model(self):
        for command in (["eval", "--data", self.data], ["predict", "--data", self.data], ["info"]):
            self.assertRefused(FAILED, "nowhere", *command, "--model", self.path("nowhere"))

    def test_damaged_images(self):
        path = os.path.join(self.data, "train-images-idx3-ubyte")
        with open(path, "rb") as file:
            content = file.read()
        for damaged in (b"", content[:3], content[:10], content[:-1], b"\x01" + content[1:]):
            with open(path, "wb") as file:
                file.write(damaged)
            self.assertRefused(FAILED, path, "train", "--data", self.data)

    def test_parts_that_do_not_belong_together(self):
        write_part(self.data, "train", TRAIN[0], TRAIN[1][:-1])
        self.assertRefused(FAILED, "299", "train", "--data", self.data)
        write_part(self.data, "train", *TRAIN)
        write(self.data, "t10k-images-idx3-ubyte", idx(UBYTE, [N_TEST, 2, 2], [0] * 4 * N_TEST))
        self.assertRefused(FAILED, "test images", "train", "--data", self.data)

    def test_labels_of_the_test_set_beyond_the_classes(self):
        write_part(self.data, "t10k", TEST[0], [3] + TEST[1][1:])
        self.assertRefused(FAILED, "label 3 of sample 0", "train", "--data", self.data)

    def test_not_finite(self):
        images = [list(map(float, one)) for one in TRAIN[0]]
        images[5][3] = math.nan
        write_part(self.data, "train", images, TRAIN[1], kind=FLOAT)
        self.assertRefused(NONFINITE, "value 3 of sample 5", "train", "--data", self.data)

    def test_float_images(self):
        write_part(self.data, "train", [[x / 255 for x in one] for one in TRAIN[0]], TRAIN[1], FLOAT)
        write_part(self.data, "t10k", [[x / 255 for x in one] for one in TEST[0]], TEST[1], FLOAT)
        log = self.path("run.jsonl")
        self.train("--log", log, "--pixel-scale", 1, "--epochs", 20)
        self.assertGreaterEqual(read_log(log)[-1]["test_accuracy"], 0.95)

    def test_unwritable_log__fails_before_training(self):
        log = self.path("no/such/folder/run.jsonl")
        self.assertRefused(FAILED, "--log", "train", "--data", self.data, "--log", log)
        self.assertRefused(FAILED, "--log", "train", "--data", self.data, "--log", self.data)

    def test_refused_run__keeps_the_old_log(self):
        log = self.path("run.jsonl")
        self.train("--log", log)
        before = read_log(log)
        self.train("--log", log, "--layers", "63,3", code=USAGE)
        self.assertEqual(before, read_log(log))

    def test_lost_log__does_not_cost_the_run(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        result = self.train("--log", "/dev/full", code=FAILED)
        self.assertIn("/dev/full", result.stderr)
        self.assertEqual(1, result.stderr.count("bpblas: "))
        self.assertTrue(result.stdout.startswith("test accuracy"))

    def test_unwritable_csv(self):
        self.assertRefused(FAILED, "--out", "predict", "--model", "m", "--data", self.data, "-o",
                           self.path("no/such/out.csv"))

    def test_unwritable_npy(self):
        os.mkdir(self.path("folder.npy"))
        for path in (self.path("no/such/out.npy"), self.path("folder.npy")):
            self.assertRefused(FAILED, "--out", "predict", "--model", "m", "--data", self.data,
                               "-o", path)


# ---- The machine -------------------------------------------------------------------------

class Machine(Case):
    def test_info__tells_the_blas(self):
        result = self.assertCode(OK, run("info"))
        for name in ("bpblas", "machine", "blas", "core", "kernels"):
            self.assertRegex(result.stdout, rf"(?m)^{name} +\S")
        for line in re.findall(r"(?m)^threads .*", result.stdout):
            self.assertRegex(line, r"\d+ set in the BLAS; held at 1 while bpblas computes\Z")


SLOW_BLAS = """
#include <bpblas.h>
#include <stdio.h>
#include <stdlib.h>

bpb_status bpb_blas_health(bpb_blas_info *info)
{
    *info = (bpb_blas_info){.core = "Slow", .best_core = "Prescott", .below_cpu = 1};
    return BPB_OK;
}

static const char *get(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "unset";
}

__attribute__((destructor)) static void tell(void)
{
    fprintf(stderr, "at the end: mark %s, core %s\\n", get("BPBLAS_RESTARTED"),
            get("OPENBLAS_CORETYPE"));
}
"""


class Restart(Case):
    """With a library loaded before all others that says that the BLAS is below the CPU."""

    def setUp(self):
        super().setUp()
        if "OPENBLAS_CORETYPE" in os.environ:
            self.skipTest("OPENBLAS_CORETYPE is set")
        self.library = self.path("slow.so")
        source = self.path("slow.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(SLOW_BLAS)
        include = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "include")
        try:
            subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-I", include, "-o",
                            self.library, source], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no C compiler")
        if "core       Slow" not in self.start("info").stdout:
            self.skipTest("the program is linked statically, or takes no library before it")

    def start(self, *words, **variables):
        variables.setdefault("BPBLAS_NO_RESTART", None)
        return run(*words, env=environment(LD_PRELOAD=self.library, **variables))

    def train_once(self, *words, **variables):
        return self.assertCode(OK, self.start("train", "--data", self.data, "--epochs", 1, *words,
                                              **variables)).stderr

    def test_slow_core__restarts_once_and_removes_the_mark(self):
        lines = self.train_once().splitlines()
        self.assertEqual(4, len(lines), lines)
        self.assertTrue(lines[0].startswith("bpblas: OpenBLAS chose its Slow kernels"))
        self.assertIn("OPENBLAS_CORETYPE=Prescott", lines[0])
        self.assertTrue(lines[1].startswith("note: without --save"))
        self.assertTrue(lines[2].startswith("epoch 1/1 "))
        self.assertEqual("at the end: mark unset, core Prescott", lines[3])

    def test_marked_run__does_not_restart(self):
        shown = self.train_once(BPBLAS_RESTARTED="1")
        self.assertNotIn("OpenBLAS chose", shown)
        self.assertIn("at the end: mark unset, core unset", shown)

    def test_switch__prevents_it(self):
        shown = self.train_once(BPBLAS_NO_RESTART="1")
        self.assertNotIn("OpenBLAS chose", shown)
        self.assertIn("core unset", shown)

    def test_quiet__restarts_without_a_word(self):
        self.assertEqual("at the end: mark unset, core Prescott\n", self.train_once("--quiet"))

    def test_mistake__is_told_without_restarting(self):
        result = self.start("train", "--data", self.data, "--eta", "x")
        self.assertEqual(USAGE, result.returncode)
        self.assertNotIn("OpenBLAS chose", result.stderr)

    def test_info__does_not_restart_but_warns(self):
        result = self.start("info")
        self.assertRegex(result.stdout, r"(?m)^warning .*several times slower")
        self.assertIn("OPENBLAS_CORETYPE=Prescott", result.stdout)
        self.assertIn("core unset", result.stderr)

    def test_info_of_a_plan__restarts(self):
        for planning in ("estimate", "measure", "cblas"):
            result = self.start("info", "--plan", "--layers", "4,3", "--planning", planning)
            lines = self.assertCode(OK, result).stderr.splitlines()
            self.assertEqual(2, len(lines), lines)
            self.assertTrue(lines[0].startswith("bpblas: OpenBLAS chose its Slow kernels"))
            self.assertEqual("at the end: mark unset, core Prescott", lines[1])
            self.assertEqual(1, result.stdout.count("layers "))


# ---- Running the tests -------------------------------------------------------------------

def find_features():
    """What the build can do, found out by asking it."""
    global HAS_MODELS, HAS_GZIP
    with tempfile.TemporaryDirectory(prefix="bpblas-cli-") as folder:
        write_part(folder, "train", TRAIN[0][:10], TRAIN[1][:10], compress=True)
        HAS_GZIP = "built without" not in run("train", "--data", folder, "--epochs", 1).stderr
    with tempfile.TemporaryDirectory(prefix="bpblas-cli-") as folder:
        write_part(folder, "train", TRAIN[0][:10], TRAIN[1][:10])
        result = run("train", "--data", folder, "--epochs", 1, "--save", os.path.join(folder, "m"))
        HAS_MODELS = "built without" not in result.stderr


def main(usage):
    """All tests of the script that was started."""
    global PROGRAM
    if len(sys.argv) != 2:
        sys.exit(usage)
    PROGRAM = os.path.abspath(sys.argv[1])
    find_features()
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(__doc__)
