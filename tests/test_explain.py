#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bpblas explain and bpblas check from outside: test_explain.py PATH_TO_BPBLAS

Models are written here, as docs/model-format.md says.
"""
import itertools
import json
import math
import os
import random
import re
import struct
import unittest
import zlib

import test_cli
from test_cli import FAILED, NONFINITE, OK, USAGE, Case, needs, npy, run, write, write_part

DISAGREES = 4
EPS = 2.0 ** -52

ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity", "softmax", "leaky-relu", "elu", "selu",
               "softplus", "softsign", "gelu", "gelu-tanh", "silu", "exponential"]
# loss, output activation
PAIRS = [("squared", "sigmoid"), ("squared", "softmax"), ("cross-entropy", "sigmoid"),
         ("cross-entropy", "softmax"), ("cross-entropy:0.2", "softmax"),
         ("cross-entropy:0.2", "sigmoid"), ("huber", "identity"), ("huber:0.01", "tanh"),
         ("absolute", "identity"), ("poisson", "exponential"), ("gaussian", "identity")]


# ---- Models and data ---------------------------------------------------------------------

def model_bytes(layers, activations, loss, scaling=None, kind="d"):
    """layers: [(W_1, b_1), ...], W by rows; scaling: {"output_shift": [...], ...}"""
    arrays = {}
    for l, (W, b) in enumerate(layers, 1):
        arrays[f"W{l}"] = ([len(W), len(W[0])], [value for row in W for value in row])
        arrays[f"b{l}"] = ([len(b)], b)
    for name, values in (scaling or {}).items():
        arrays[name] = ([len(values)], values)
    header, data = {}, b""
    for name, (shape, values) in arrays.items():
        packed = struct.pack(f"<{len(values)}{kind}", *values)
        header[name] = {"dtype": {"d": "F64", "f": "F32"}[kind], "shape": shape,
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    sizes = [len(layers[0][0][0])] + [len(b) for _, b in layers]
    header["__metadata__"] = {"bpblas.format": "1", "bpblas.sizes": ",".join(map(str, sizes)),
                              "bpblas.activations": ",".join(activations), "bpblas.loss": loss,
                              "bpblas.crc32": f"{zlib.crc32(data):08x}"}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def random_layers(sizes, seed=1):
    rng = random.Random(seed)
    return [([[rng.uniform(-1, 1) for _ in range(n)] for _ in range(m)],
             [rng.uniform(-1, 1) for _ in range(m)]) for n, m in zip(sizes, sizes[1:])]


MAZUR = [([[0.15, 0.20], [0.25, 0.30]], [0.35, 0.35]), ([[0.40, 0.45], [0.50, 0.55]], [0.60, 0.60])]
MAZUR_CSV = "x1,x2,t1,t2\n0.05,0.10,0.01,0.99\n"
# As published, with more digits by tests/test_derivation.c
MAZUR_GRADIENT = {"W1[1,1]": 0.00043856773447434653, "W1[1,2]": 0.00087713546894869305,
                  "W1[2,1]": 0.00049771273526085988, "W1[2,2]": 0.00099542547052171976,
                  "W2[1,1]": 0.08216704056423077, "W2[1,2]": 0.082667627847533245,
                  "W2[2,1]": -0.022602540477475071, "W2[2,2]": -0.022740242215978222,
                  "b1_1": 0.0087713546894869297, "b1_2": 0.0099542547052171963,
                  "b2_1": 0.13849856162855698, "b2_2": -0.038098236516556229}


class Explained(Case):
    def write(self, name, content):
        return write(self.folder, name, content if isinstance(content, bytes) else content.encode())

    def files(self, layers, activations, loss, csv, **more):
        model = self.write("m.safetensors", model_bytes(layers, activations, loss, **more))
        return ["--model", model, "--data", self.write("d.csv", csv)]

    def small(self, sizes=(2, 3, 2), activations=("tanh", "sigmoid"), loss="squared", n=3,
              targets=None, **more):
        """A net of random parameters and data that fit it."""
        rng = random.Random(7)
        rows = [[rng.uniform(-1, 1) for _ in range(sizes[0])] +
                [rng.uniform(0.1, 0.9) for _ in range(sizes[-1] if targets is None else targets)]
                for _ in range(n)]
        csv = "".join(",".join(map(repr, row)) + "\n" for row in rows)
        return self.files(random_layers(sizes), activations, loss, csv, **more)

    def explain(self, *words, code=OK):
        return self.assertCode(code, run("explain", *words)).stdout

    def object(self, *words, code=OK):
        return json.loads(self.explain(*words, "--json", code=code))


# ---- What is read from the text ----------------------------------------------------------

def equations(text):
    """[(left, symbols, numbers, result, the rest of its line)], lines of a sum joined."""
    joined = re.sub(r"\n +\+ ", " + ", text)
    found = re.findall(r"(?m)^  (\S+'?(?: = d\S+)?) = (.*)\n +=( .*)\n +=( \S+)(.*)$", joined)
    return [(left, symbols.strip(), numbers.strip(), float(result), rest)
            for left, symbols, numbers, result, rest in found]


def derivatives(text):
    """{"W1[1,1]": (products, library, differences)}"""
    found = {}
    for left, _, _, result, rest in equations(text):
        values = re.fullmatch(r" +library (\S+) +differences (\S+)", rest)
        if values:
            found[left.removeprefix("dE/d")] = (result, float(values[1]), float(values[2]))
    return found


def evaluate(numbers):
    """The value of a line in numbers, and the largest of its parts as a scale."""
    text = numbers.replace("h'(", "clip(").replace("^", "**").replace("1/2 (", "1/2 * (")
    return eval(text, {"exp": math.exp, "ln": math.log, "sign": lambda r: (r > 0) - (r < 0)})


# ---- Explain -----------------------------------------------------------------------------

class Text(Explained):
    @needs("models")
    def test_mazurs_example__is_as_published(self):
        text = self.explain(*self.files(MAZUR, ["sigmoid", "sigmoid"], "squared", MAZUR_CSV))
        found = derivatives(text)
        self.assertEqual(set(MAZUR_GRADIENT), set(found))
        for name, want in MAZUR_GRADIENT.items():
            products, library, difference = found[name]
            self.assertAlmostEqual(want, library, delta=8 * EPS * abs(want))
            self.assertAlmostEqual(want, products, delta=1e-9 * abs(want))  # ten digits
            self.assertAlmostEqual(want, difference, delta=1e-9)
        self.assertRegex(text, r"(?m)^    = 0\.2983711088$")
        self.assertIn("= (0.4 * 0.138499 + 0.5 * (-0.0380982)) * 0.241301\n", text)
        self.assertRegex(text, r"Largest distance .*: [\d.]+e-1[6-9] by products, [\d.e-]+ by diff")

    @needs("models")
    def test_paths__are_all_written_out_in_order(self):
        text = self.explain(*self.small((2, 2, 2, 2), ["sigmoid"] * 3))
        start = text.index("  dE/dW1[1,1] = ")
        lines = [line.strip() for line in text[start:].splitlines()[:4]]
        tail = "g1'(z1_1) x_1"
        self.assertEqual([
            f"dE/dW1[1,1] = (a3_1 - t_1) g3'(z3_1) W3[1,1] g2'(z2_1) W2[1,1] {tail}",
            f"+ (a3_1 - t_1) g3'(z3_1) W3[1,2] g2'(z2_2) W2[2,1] {tail}",
            f"+ (a3_2 - t_2) g3'(z3_2) W3[2,1] g2'(z2_1) W2[1,1] {tail}",
            f"+ (a3_2 - t_2) g3'(z3_2) W3[2,2] g2'(z2_2) W2[2,1] {tail}"], lines)
        self.assertIn("  dE/db3_2 = (a3_2 - t_2) g3'(z3_2)\n", text)

    @needs("models")
    def test_loss_with_a_derivative_in_z__begins_with_delta(self):
        text = self.explain(*self.small(activations=("tanh", "softmax"), loss="cross-entropy"))
        self.assertIn("  dE/dW1[3,2] = delta2_1 W2[1,3] g1'(z1_3) x_2\n"
                      "              + delta2_2 W2[2,3] g1'(z1_3) x_2\n", text)
        self.assertIn("delta2_2 = dE/dz2_2 = a2_2 (t_1 + t_2) - t_2\n", text)

    @needs("models")
    def test_softmax_in_the_middle__has_its_full_jacobian(self):
        text = self.explain(*self.small(activations=("softmax", "tanh")))
        slopes = re.findall(r"J1\[\d,\d\] = da1_\d/dz1_\d = a1_\d \([01] - a1_\d\)\n", text)
        self.assertEqual(9, len(slopes))
        sums = dict((left, symbols) for left, symbols, *_ in equations(text))
        paths = [f"(a2_{i} - t_{i}) g2'(z2_{i}) W2[{i},{k}] J1[{k},2] x_1"
                 for i, k in itertools.product((1, 2), (1, 2, 3))]
        self.assertEqual(" + ".join(paths), sums["dE/dW1[2,1]"])
        self.assertEqual(" + ".join(f"(W2[1,{k}] delta2_1 + W2[2,{k}] delta2_2) J1[{k},3]"
                                    for k in (1, 2, 3)), sums["delta1_3 = dE/dz1_3"])

    def check_sample(self, text, parameters, float_digits=False):
        """Products, library and differences are one; lines in numbers have the value they say."""
        found = derivatives(text)
        self.assertEqual(parameters, len(found))
        scale = max(abs(library) for _, library, _ in found.values())
        self.assertGreater(scale, 1e-4)
        near = 1e-5 if float_digits else 1e-9
        for name, (products, library, difference) in found.items():
            self.assertAlmostEqual(library, products, delta=near * scale, msg=name)
            self.assertAlmostEqual(library, difference, delta=max(near, 1e-8) * scale, msg=name)
        for left, _, numbers, result, _ in equations(text):
            if re.match(r"z|delta|dE", left) and "h'" not in numbers:
                self.assertAlmostEqual(result, evaluate(numbers), delta=2e-5 * max(1, abs(result)),
                                       msg=f"{left} = {numbers}")

    @needs("models")
    def test_every_activation__hidden_and_at_the_output(self):
        for g in ACTIVATIONS + ["leaky-relu:0.3", "elu:0.5"]:
            for activations in ((g, "tanh"), ("sigmoid", g)):
                with self.subTest(activations=activations):
                    self.check_sample(self.explain(*self.small(activations=activations)), 17)

    @needs("models")
    def test_every_loss(self):
        for loss, output in PAIRS:
            with self.subTest(loss=loss, output=output):
                words = self.small((2, 2, 4), ("tanh", output), loss,
                                   targets=2 if loss == "gaussian" else None)
                self.check_sample(self.explain(*words), 18)

    @needs("models")
    def test_scaling__of_inputs_and_outputs(self):
        for loss, output, targets in (("squared", "tanh", 2), ("gaussian", "identity", 1)):
            scaling = {"input_shift": [0.5, -1.0], "input_factor": [2.0, 0.25],
                       "output_shift": [1.0, -3.0], "output_factor": [4.0, 0.5]}
            words = self.small(activations=("sigmoid", output), loss=loss, targets=targets,
                               scaling=scaling)
            text = self.explain(*words)
            self.check_sample(text, 17)
            self.assertIn("a0_2", text)
            self.assertRegex(text, r"a0_1 = \(x_1 - shift\) factor = \(.*\) \* 2 = ")
            self.assertRegex(text, r"y_2 = shift \+ factor a2_2 = -3 \+ 0\.5 \* ")

    @needs("models")
    def test_targets__are_scaled_smoothed_or_a_class(self):
        def targets(*words):
            return [float(t) for t in re.findall(r"(?m)^  t_\d = (\S+)$", self.explain(*words))]
        scaling = {"output_shift": [1.0, 2.0], "output_factor": [2.0, 4.0]}
        words = self.small((2, 2, 2), scaling=scaling)
        words[3] = self.write("t.csv", "0,0,5,4\n")
        self.assertEqual([2, 0.5], targets(*words))
        for output, classes in (("softmax", 3), ("sigmoid", 2)):
            words = self.small((2, 2, 3), ("tanh", output), "cross-entropy:0.25")
            words[3] = self.write("c.csv", "0,0,2\n")
            for t, want in zip(targets(*words), (0, 0, 1)):
                self.assertAlmostEqual(0.75 * want + 0.25 / classes, t, delta=1e-9)

    @needs("models")
    def test_class__is_the_same_as_its_ones_and_zeros(self):
        words = self.small((2, 2, 3), ("tanh", "softmax"), "cross-entropy")
        texts = []
        for csv in ("0.5,-1,2\n", "0.5,-1,0,0,1\n"):
            words[3] = self.write("c.csv", csv)
            texts.append(self.explain(*words).replace(": the class 2, counted from 0", ""))
        self.assertEqual(*texts)

    @needs("models")
    def test_float__is_compared_with_differences_in_double(self):
        text = self.explain(*self.small(kind="f"))
        self.check_sample(text, 17, float_digits=True)
        for _, library, _ in derivatives(text).values():
            real, = struct.unpack("f", struct.pack("f", library))
            self.assertIn(f"library {real:.9g} ", text)

    @needs("models")
    def test_rows__are_explained_in_the_order_asked_for(self):
        words = self.small()
        self.assertEqual(["0"], re.findall(r"==== Sample (\d+)", self.explain(*words)))
        text = self.explain(*words, "--rows", "2,0-1")
        self.assertEqual(["2", "0", "1"], re.findall(r"==== Sample (\d+)", text))
        one = self.explain(*words, "--rows", "1")
        self.assertEqual(one.split("==== Sample 1")[1], text.split("==== Sample 1")[1])

    @needs("models")
    def test_images__of_a_folder(self):
        pixels = [[0, 50, 100, 255], [255, 0, 30, 90], [9, 8, 7, 6]] * 4
        for part in ("train", "t10k"):
            write(self.data, f"{part}-images-idx3-ubyte",
                  test_cli.idx(test_cli.UBYTE, [12, 2, 2], [p for one in pixels for p in one]))
            write(self.data, f"{part}-labels-idx1-ubyte",
                  test_cli.idx(test_cli.UBYTE, [12], [0, 1, 2] * 4))
        for words, line in ((["--loss", "cross-entropy", "--output", "softmax", "--eta", "0.1"],
                             "Targets: the class 1, counted from 0\n"),
                            (["--loss", "squared"], "Targets\n")):
            model, _ = self.train_model("--layers", "4,3,3", *words)
            text = self.explain("--model", model, "--data", self.data, "--rows", "1")
            self.check_sample(text, 4 * 3 + 3 + 3 * 3 + 3, float_digits=True)
            self.assertIn(line, text)
            self.assertIn("  t_1 = 0\n  t_2 = 1\n  t_3 = 0\n", text)

    @needs("models")
    def test_what_cannot_be_read__is_refused_and_json_named(self):
        for sizes, n, mentions in (((2, 2, 2, 2, 2, 2), 1, "5 layers"), ((9, 2), 1, "9 inputs"),
                                   ((2, 9, 2), 1, "9 units"), ((8, 8, 2), 1, "80 weights"),
                                   ((2, 2), 5, "5 samples"), ((1, 4, 5, 5), 1, None),
                                   ((1, 1, 2, 4, 8), 1, None)):
            words = self.small(sizes, ["softmax"] * (len(sizes) - 1), n=n) + ["--rows", "all"]
            self.assertRefused(USAGE, mentions or "products", "explain", *words)
            self.assertRefused(USAGE, "--json", "explain", *words)
            self.assertEqual(len(sizes), len(self.object(*words)["layers"]))

    @needs("models")
    def test_loss_that_is_not_finite__is_code_3(self):
        words = self.files([([[1.0]], [0.0])], ["identity"], "squared", "1e200,0\n")
        self.explain(*words, code=NONFINITE)


class Json(Explained):
    def check_layers(self, found, layers, n):
        """Z = W A + b, dW = D A^T, db = D 1."""
        before = found["layers"][0]["a"]
        for (W, b), layer in zip(layers, found["layers"][1:]):
            for j in range(n):
                for i, row in enumerate(W):
                    z = b[i] + sum(w * a for w, a in zip(row, before[j]))
                    self.assertAlmostEqual(z, layer["z"][j][i], delta=16 * EPS * (1 + abs(z)))
            for i, row in enumerate(W):
                deltas = [delta[i] for delta in layer["delta"]]
                self.assertAlmostEqual(sum(deltas), layer["db"][i], delta=16 * EPS)
                for k in range(len(row)):
                    want = sum(d * a[k] for d, a in zip(deltas, before))
                    self.assertAlmostEqual(want, layer["dW"][i][k], delta=16 * EPS)
            before = layer["a"]

    @needs("models")
    def test_matrices__are_those_of_the_pass(self):
        sizes = (3, 12, 4)
        found = self.object(*self.small(sizes, n=7))
        self.assertEqual(list(range(7)), found["samples"])
        self.assertEqual(("double", "squared"), (found["precision"], found["loss_function"]))
        inputs, layer = {"l", "units", "a"}, {"activation", "z", "delta", "dW", "db"}
        self.assertEqual([inputs] + [inputs | layer] * 2, list(map(set, found["layers"])))
        self.assertEqual([(0, 3), (1, 12), (2, 4)],
                         [(layer["l"], layer["units"]) for layer in found["layers"]])
        self.check_layers(found, random_layers(sizes), 7)
        with open(self.path("d.csv"), encoding="ascii") as file:
            rows = [list(map(float, line.split(","))) for line in file]
        self.assertEqual([row[:3] for row in rows], found["layers"][0]["a"])
        output = found["layers"][2]
        for row, z, a, delta in zip(rows, output["z"], output["a"], output["delta"]):
            for i, t in enumerate(row[3:]):
                self.assertAlmostEqual(1 / (1 + math.exp(-z[i])), a[i], delta=8 * EPS)
                self.assertAlmostEqual((a[i] - t) * a[i] * (1 - a[i]) / 7, delta[i], delta=8 * EPS)
        E = sum((a - t) ** 2 for row, y in zip(rows, output["a"]) for a, t in zip(y, row[3:])) / 14
        self.assertAlmostEqual(E, found["loss"], delta=32 * EPS * E)

    @needs("models")
    def test_rows_and_file(self):
        words, out = self.small(), self.path("out.json")
        whole = self.object(*words)
        self.assertEqual("", self.explain(*words, "--json", "--rows", "2,0", "-o", out))
        with open(out, encoding="ascii") as file:
            found = json.load(file)
        self.assertEqual([2, 0], found["samples"])
        for l in (1, 2):
            self.assertEqual([whole["layers"][l]["z"][j] for j in (2, 0)], found["layers"][l]["z"])

    @needs("models")
    def test_float__digits_give_the_reals_back(self):
        text = self.explain(*self.small(kind="f"), "--json").split('"layers"')[1]
        numbers = re.findall(r"-?\d+\.[\de.+-]*\d", text)
        self.assertGreater(len(numbers), 40)
        for number in numbers:
            real, = struct.unpack("f", struct.pack("f", float(number)))
            self.assertEqual(f"{real:.9g}", number)

    @needs("models")
    def test_what_is_not_finite__is_null(self):
        words = self.files([([[1.0], [2.0]], [0.0, 1e308])], ["identity"], "squared", "1e308,0,0\n")
        found = self.object(*words, code=NONFINITE)
        self.assertIsNone(found["loss"])
        self.assertEqual([[1e308, None]], found["layers"][1]["z"])


# ---- Check -------------------------------------------------------------------------------

NAMES = ["gradient", "inputs", "jacobian", "jvp", "vjp", "hvp"]


class Check(Explained):
    def check(self, *words, code=OK):
        return self.assertCode(code, run("check", *words))

    def results(self, *words, code=OK):
        return json.loads(self.check(*words, "--json", code=code).stdout)

    @needs("models")
    def test_correct_nets__agree(self):
        for activations, loss in ((("tanh", "sigmoid"), "squared"),
                                  (("gelu", "softmax"), "cross-entropy")):
            for kind in "df":
                result = self.check(*self.small(activations=activations, loss=loss, kind=kind))
                rows = [line.split() for line in result.stdout.splitlines()]
                self.assertEqual(["derivative", "entries", "kinks", "disagreeing"], rows[0][:4])
                self.assertEqual(NAMES, [row[0] for row in rows[1:]])
                for row in rows[1:]:
                    self.assertGreater(int(row[1]), 0)
                    self.assertEqual(["0", "0"], row[2:4])
                self.assertEqual("", result.stderr)

    @needs("models")
    def test_disagreement__has_a_code_of_its_own(self):
        words = [*self.small(), "--tolerance", "1e-12"]
        result = self.check(*words, code=DISAGREES)
        self.assertRegex(result.stderr, r"\Abpblas: \d+ of \d+ entries .*\n\Z")
        found = self.results(*words, code=DISAGREES)
        self.assertFalse(found["agrees"])
        self.assertGreater(sum(one["disagreeing"] for one in found["results"]), 0)

    @needs("models")
    def test_json__has_the_report(self):
        found = self.results(*self.small(), "--rows", "2,1")
        self.assertEqual(([2, 1], True), (found["samples"], found["agrees"]))
        self.assertEqual(NAMES, [one["derivative"] for one in found["results"]])
        for one in found["results"]:
            worst = one["worst"]
            self.assertLessEqual(abs(worst["computed"] - worst["difference"]), worst["uncertainty"])
        self.assertEqual(17, found["results"][0]["entries"])

    @needs("models")
    def test_only_and_entries__limit_it(self):
        found = self.results(*self.small(), "--only", "hvp,gradient", "--entries", 2)
        self.assertEqual(["gradient", "hvp"], [one["derivative"] for one in found["results"]])
        self.assertEqual(8, found["results"][0]["entries"])
        rows = self.check(*self.small(), "--only", "jvp").stdout.splitlines()
        self.assertEqual(["derivative", "jvp"], [row.split()[0] for row in rows])

    @needs("models")
    def test_places__are_named(self):
        """A net in which only one weight, or one bias, can be the worst."""
        words = self.files([([[0.5]], [0.25])], ["tanh"], "squared", "0.5,0\n0.1,1\n0.7,0.5\n")
        rows = self.check(*words, "--rows", "2").stdout.splitlines()[1:]
        places = [re.split(r" {2,}", row)[4] for row in rows]
        self.assertIn(places[0], ("W1[1,1]", "b1_1"))
        self.assertEqual(["x_1 of 2", "dy_1/dx_1 of 2", "y_1 of 2"], places[1:4])
        self.assertIn(places[4], ("W1[1,1]", "b1_1"))

    @needs("models")
    def test_samples__are_the_first_ten_by_default(self):
        self.assertEqual(list(range(10)), self.results(*self.small(n=12))["samples"])
        self.assertEqual([0, 1, 2], self.results(*self.small())["samples"])


# ---- Mistakes ----------------------------------------------------------------------------

COMMANDS = ("explain", "check")


class Mistakes(Explained):
    def refused(self, code, mentions, *words):
        for command in COMMANDS:
            self.assertRefused(code, mentions, command, *words)

    @needs("models")
    def test_files_that_are_not_there(self):
        words = self.small()
        self.refused(FAILED, "nowhere", *words[:2], "--data", self.path("nowhere"))
        self.refused(FAILED, "nowhere", "--model", self.path("nowhere"), *words[2:])
        self.refused(USAGE, "--data", *words[:2])
        self.refused(USAGE, "--model", *words[2:])

    @needs("models")
    def test_csv_that_does_not_fit(self):
        words = self.small()
        for csv, code, mentions in (("1,2,3\n", FAILED, "3 fields"),
                                    ("1,2,3,4,5\n", FAILED, "give 4"),
                                    ("1,2,3,4\n1,2,x,4\n", FAILED, "line 2, field 3 is"),
                                    ("1,2,3,4\n1,2,3\n", FAILED, "line 2 has 3"), ("", FAILED, "d.csv"),
                                    ("1,2,3,4\n1,nan,3,4\n", NONFINITE, "field 1 of sample 1"),
                                    ("1,2,inf,4\n", NONFINITE, "field 2 of sample 0")):
            self.write("d.csv", csv)
            with self.subTest(csv=csv):
                self.refused(code, mentions, *words)

    @needs("models")
    def test_numpy_files(self):
        words = self.small(n=2)
        with open(words[3], encoding="ascii") as file:
            values = [float(field) for line in file for field in line.split(",")]
        data = self.path("d.npy")
        self.write("d.npy", npy("d", [2, 4], values))
        for command in COMMANDS:
            whole = self.assertCode(OK, run(command, *words)).stdout
            result = run(command, *words[:2], "--data", data)
            self.assertEqual(whole, self.assertCode(OK, result).stdout)
        for content, code, mentions in ((npy("d", [8], values), FAILED, "1 fields"),
                                        (npy("d", [2, 4], values)[:-1], FAILED, "needs"),
                                        (b"1,2,3,4\n", FAILED, "NumPy"),
                                        (npy("d", [1, 4], [1, 2, math.inf, 4]), NONFINITE,
                                         "field 2 of sample 0")):
            self.write("d.npy", content)
            self.refused(code, mentions, *words[:2], "--data", data)

    @needs("models")
    def test_targets_that_are_no_classes(self):
        words = self.small((2, 2, 3), ("tanh", "softmax"), "cross-entropy")
        for value in ("3", "-1", "0.5", "1e300"):
            self.write("d.csv", f"1,2,0\n1,2,{value}\n")
            self.refused(FAILED, "of sample 1 ", *words, "--rows", "0,1")
        self.refused(FAILED, "whole number from 0 to 2", *words, "--rows", "1")
        self.explain(*words, "--rows", "0")
        self.write("d.csv", "1,2\n")
        self.refused(FAILED, "or 3 with the class", *words)

    @needs("models")
    def test_rows(self):
        words = self.small()
        for rows, mentions in (("3", "no sample 3"), ("0-3", "no sample 3"),
                               ("99999999999999999", "no sample"), ("", "--rows"),
                               ("x", "--rows"), ("1-0", "--rows"), ("0,", "--rows"),
                               (",0", "--rows"), ("-1", "--rows"), ("0--1", "--rows"),
                               ("99999999999999999999", "--rows"), ("all,0", "--rows")):
            with self.subTest(rows=rows):
                self.refused(USAGE, mentions, *words, f"--rows={rows}")

    @needs("models")
    def test_options_of_check(self):
        words = self.small()
        for option, values in (("--only", ("", "grad", "gradient,", "gradient hvp")),
                               ("--tolerance", ("0", "-1", "x")), ("--entries", ("0",))):
            for value in values:
                self.assertRefused(USAGE, option, "check", *words, f"{option}={value}")

    @needs("models")
    def test_numbers__where_classes_are(self):
        for loss, output in (("poisson", "exponential"), ("gaussian", "identity")):
            model = self.write("m", model_bytes(random_layers((64, 4)), [output], loss))
            self.refused(FAILED, loss, "--model", model, "--data", self.data)
            self.assertRefused(FAILED, loss, "eval", "--model", model, "--data", self.data)
            self.assertRefused(USAGE, "--loss " + loss, "train", "--data", self.data, "--loss",
                               loss, "--output", output)

    @needs("models")
    def test_images_of_another_size(self):
        words = self.small()
        self.refused(FAILED, "64 values", *words[:2], "--data", self.data)

    @needs("models")
    def test_functions_of_a_users_own__are_named(self):
        words = self.small()
        for activations, loss, name in ((["own:my-swish", "sigmoid"], "squared", "my-swish"),
                                        (["tanh", "sigmoid"], "own:fair_loss", "fair_loss")):
            self.write("m.safetensors", model_bytes(random_layers((2, 3, 2)), activations, loss))
            self.refused(FAILED, name, *words)
            for command in ("eval", "predict"):
                self.assertRefused(FAILED, name, command, "--data", self.data, *words[:2])
            self.assertRefused(FAILED, name, "info", *words[:2])

    @needs("models")
    def test_unwritable_file(self):
        self.assertRefused(FAILED, "--out", "explain", *self.small(), "-o", self.path("no/such"))


# ---- Options of train --------------------------------------------------------------------

class Functions(Explained):
    @needs("models")
    def test_parameters__are_in_the_model(self):
        for words, activations, loss in (
                (["--activation", "leaky-relu", "--leak", "0.25"], "leaky-relu:0.25,softmax",
                 "cross-entropy"),
                (["--output", "leaky-relu", "--leak", "0.5"], "sigmoid,leaky-relu:0.5",
                 "squared"),
                (["--activation", "elu", "--elu-alpha", "0.5"], "elu:0.5,softmax", "cross-entropy"),
                (["--loss", "huber", "--huber-delta", "2"], "sigmoid,sigmoid", "huber:2"),
                (["--loss", "cross-entropy", "--label-smoothing", "0.125"], "sigmoid,sigmoid",
                 "cross-entropy:0.125")):
            model, _ = self.train_model("--eta", "0.05", *words)
            metadata = test_cli.read_model(model)[0]["__metadata__"]
            self.assertEqual((activations, loss),
                             (metadata["bpblas.activations"], metadata["bpblas.loss"]))
            for name, value in zip(words[::2], words[1::2]):
                self.assertIn(f"{name} {value} ", metadata["settings"])

    @needs("models")
    def test_defaults__suit_classes_and_relu(self):
        """Only what is not given has a default; the same words with the defaults give the same."""
        sigmoids, given = "sigmoid,sigmoid", ["--loss", "squared"]
        for words, activations, loss, init, eta in (
                ([], "sigmoid,softmax", "cross-entropy", "scaled", "0.5"),
                (given, sigmoids, "squared", "scaled", "3.0"),
                (["--output", "sigmoid"], sigmoids, "squared", "scaled", "3.0"),
                (["--loss", "cross-entropy"], sigmoids, "cross-entropy", "scaled", "0.5"),
                (["--activation", "relu"], "relu,softmax", "cross-entropy", "glorot-normal", "0.1"),
                (["--activation", "relu", "--init", "he-normal"], "relu,softmax", "cross-entropy",
                 "he-normal", "0.1"),
                (["--optimizer", "adam"], "sigmoid,softmax", "cross-entropy", "scaled", "0.001")):
            with self.subTest(words=words):
                model, _ = self.train_model(*words)
                header, tensors = test_cli.read_model(model)
                metadata = header["__metadata__"]
                self.assertEqual((activations, loss),
                                 (metadata["bpblas.activations"], metadata["bpblas.loss"]))
                for option, value in (("init", init), ("eta", eta), ("loss", loss)):
                    self.assertIn(f"--{option} {value} ", metadata["settings"])
                self.train_model("--output", activations.split(",")[1], "--loss", loss, "--init",
                                 init, "--eta", eta, *words)
                self.assertEqual(tensors, test_cli.read_model(model)[1])

    @needs("models")
    def test_network2__has_sigmoids_by_default(self):
        model = self.path("net.json")
        self.train("--save", model)
        with open(model, encoding="ascii") as file:
            self.assertEqual("QuadraticCost", json.load(file)["cost"])

    def test_parameters_without_their_function__are_refused(self):
        for option, mentions in (("--leak", "leaky-relu"), ("--elu-alpha", "elu"),
                                 ("--huber-delta", "huber"),
                                 ("--label-smoothing", "cross-entropy")):
            words = ["train", "--data", self.data, "--output", "sigmoid", option, "0.5"]
            self.assertRefused(USAGE, option, *words)
            self.assertRefused(USAGE, mentions, *words)

    def test_parameters_out_of_range(self):
        for option, values in (("--leak", ("-1", "0")), ("--elu-alpha", ("0",)),
                               ("--huber-delta", ("-2", "x")),
                               ("--label-smoothing", ("1", "-0.1"))):
            for value in values:
                self.assertRefused(USAGE, option, "train", "--data", self.data,
                                   f"{option}={value}")

    def test_names__are_listed(self):
        text = " ".join(self.assertCode(OK, run("train", "--help")).stdout.split())
        self.assertIn("one of " + ", ".join(ACTIVATIONS), text)
        self.assertIn("one of squared, cross-entropy, huber, absolute, poisson, gaussian", text)

    def test_every_activation__learns(self):
        for g in ACTIVATIONS:
            log = self.path("run.jsonl")
            self.train("--activation", g, "--eta", "0.05", "--log", log, "--init", "glorot-normal")
            lines = test_cli.read_log(log)
            self.assertLess(lines[-1]["train_loss"], lines[0]["train_loss"], g)


class Help(Case):
    def test_commands__are_told(self):
        text = run("--help").stdout
        for mention in ("explain ", "check ", "  4  a derivative"):
            self.assertIn(mention, text)
        for command, mentions in (
                ("explain", ["--rows LIST", "--json", "-o, --out FILE", "64 weights"]),
                ("check", ["--only LIST", "exit code is 4", "default 100"])):
            text = run(command, "--help").stdout
            for mention in mentions:
                self.assertIn(mention, text)


if __name__ == "__main__":
    test_cli.main(__doc__)
