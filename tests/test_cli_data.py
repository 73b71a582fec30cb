#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bpblas train, eval and predict on CSV and NumPy files: test_cli_data.py PATH_TO_BPBLAS"""
import csv
import math
import os
import random
import re
import statistics
import struct
import unittest

import test_cli
from test_cli import (FAILED, FLOAT, OK, UBYTE, USAGE, Case, idx, needs, npy, read_log, read_model,
                      run, without_seconds, write)

N = 60


def measured(seed=1):
    """Three classes about different centres: rows of two numbers, which a float holds exactly."""
    rng = random.Random(seed)
    labels = [i % 3 for i in range(N)]
    rng.shuffle(labels)
    rows = [[round(64 * rng.gauss(2 * k, 0.5)) / 64, round(64 * rng.gauss(-k, 0.5)) / 64]
            for k in labels]
    return rows, labels


def houses(seed=1):
    """Inputs of very different units, and a price and a rent that are linear in them."""
    rng = random.Random(seed)
    rows = [[rng.uniform(30, 200), float(rng.randrange(1, 7)), rng.uniform(1900, 2000)]
            for _ in range(N)]
    return rows, [[2000 * size + 5000 * rooms + 100 * (year - 1950), 1 + size / 100]
                  for size, rooms, year in rows]


class Data(Case):
    def write(self, name, text):
        return write(self.folder, name, text.encode())

    def csv(self, name, header, rows, separator=","):
        lines = [list(map(repr, row)) for row in rows]
        return self.write(name, "".join(separator.join(line) + "\n"
                                        for line in ([header] if header else []) + lines))

    def labelled(self, name="data.csv", header=("a", "b", "kind"), separator=",", **measure):
        rows, labels = measured(**measure)
        return self.csv(name, list(header) if header else None,
                        [row + [label] for row, label in zip(rows, labels)], separator)

    def priced(self, name="houses.csv", n=N, first=0):
        rows, targets = houses()
        return self.csv(name, ["size", "rooms", "year", "price", "rent"],
                        [row + target for row, target in zip(rows, targets)][first:first + n])

    def log_of(self, data, *words):
        log = self.path("run.jsonl")
        self.train("--log", log, "--eta", 1, *words, data=data)
        return without_seconds(read_log(log))

    def refused(self, code, mentions, data, *words):
        for mention in [mentions] if isinstance(mentions, str) else mentions:
            self.assertRefused(code, mention, "train", "--data", data, *words)


# ---- Which fields --------------------------------------------------------------------------

class Fields(Data):
    def test_csv__trains_as_idx_files_of_the_same_values(self):
        rows, labels = measured()
        write(self.data, "train-images-idx3-ubyte",
              idx(FLOAT, [N, 2, 1], [value for row in rows for value in row]))
        write(self.data, "train-labels-idx1-ubyte", idx(UBYTE, [N], labels))
        for part in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            os.remove(os.path.join(self.data, "t10k-" + part))
        expected = self.log_of(self.data, "--pixel-scale", 1)
        self.assertEqual(expected, self.log_of(self.labelled(), "--label", "kind"))

    def test_names_numbers_and_ranges__choose_the_same(self):
        named, nameless = self.labelled(), self.labelled("bare.csv", None)
        expected = self.log_of(named, "--label", "kind")
        for data, words in ((named, ["--label", 3]), (nameless, ["--label", "3"]),
                            (named, ["--label", "kind", "--inputs", "a,b"]),
                            (named, ["--label", "kind", "--inputs", "a,2"]),
                            (nameless, ["--label", 3, "--inputs", "1-2"]),
                            (self.labelled("tab", separator="\t"), ["--label", "kind"]),
                            (self.labelled("semi.txt", separator=";"), ["--label", "kind"])):
            with self.subTest(words=words):
                self.assertEqual(expected, self.log_of(data, *words))

    def test_inputs__have_the_order_of_the_list(self):
        rows, labels = measured()
        swapped = self.csv("swapped.csv", ["b", "kind", "a"],
                           [[b, label, a] for (a, b), label in zip(rows, labels)])
        data = self.labelled()
        self.assertEqual(self.log_of(data, "--label", "kind"),
                         self.log_of(swapped, "--label", "kind", "--inputs", "a,b"))
        self.assertNotEqual(self.log_of(data, "--label", "kind"),
                            self.log_of(swapped, "--label", "kind"))

    def test_name_that_looks_like_a_number__goes_first(self):
        data = self.labelled(header=("3", "b", "1"))
        self.assertEqual(self.log_of(self.labelled("other.csv"), "--label", "kind"),
                         self.log_of(data, "--label", "1"))

    def test_quoted_name__may_have_a_comma(self):
        data = self.labelled(header=('"a, long"', '"b"', "kind"))
        expected = self.log_of(self.labelled("other.csv"), "--label", "kind")
        self.assertEqual(expected, self.log_of(data, "--label", "kind"))
        self.assertEqual(expected, self.log_of(data, "--label", "kind", "--inputs", '"a, long",b'))

    def test_npy__trains_as_csv(self):
        rows, labels = measured()
        X = write(self.folder, "X.npy", npy("f", [N, 2], [v for row in rows for v in row]))
        L = write(self.folder, "L.npy", npy("B", [N], labels))
        expected = self.log_of(self.labelled(), "--label", "kind")
        self.assertEqual(expected, self.log_of(X, "--label", L))
        with_test = self.log_of(X, "--label", L, "--test", X, "--test-label", L)
        self.assertEqual(expected[-1]["train_loss"], with_test[-1]["test_loss"])

    def test_npy__of_targets_trains_as_csv(self):
        rows, targets = houses()
        X = write(self.folder, "X.npy", npy("d", [N, 3], [v for row in rows for v in row]))
        T = write(self.folder, "T.npy", npy("d", [N, 2], [v for row in targets for v in row]))
        words = ["--standardise", "--precision", "double", "--eta", "0.1"]
        self.assertEqual(self.log_of(self.priced(), "--targets", "price,rent", *words),
                         self.log_of(X, "--targets", T, *words))

    def test_test_file__is_read_by_its_own_names(self):
        rows, labels = measured(seed=2)
        test = self.csv("test.csv", ["kind", "b", "a"],
                        [[label, b, a] for (a, b), label in zip(rows, labels)])
        same = self.labelled("same.csv", seed=2)
        words = ["--label", "kind", "--inputs", "a,b", "--test"]
        self.assertEqual(self.log_of(self.labelled(), *words, same),
                         self.log_of(self.labelled(), *words, test))


class WrongFields(Data):
    def test_names__are_listed(self):
        data = self.labelled()
        self.refused(USAGE, ["--label", "--targets", "a, b, kind"], data)
        self.refused(USAGE, ["--label", '"kid"', "a, b, kind", "1 to 3"], data, "--label", "kid")
        self.refused(USAGE, ["--targets", '"x"', "a, b, kind"], data, "--targets", "a,x")
        self.refused(USAGE, ["--inputs", '"4"', "a, b, kind"], data, "--label", "kind", "--inputs",
                     "1,4")
        self.refused(USAGE, ["--label", "3 fields and no names"], self.labelled("bare.csv", None),
                     "--label", "kind")

    def test_lists_that_are_none(self):
        data = self.labelled()
        for inputs in ("a,", ",a", "a,,b", "0", "2-1", "1-4", "1-", "-2", '"a', '"a"b',
                       "99999999999999999999"):
            with self.subTest(inputs=inputs):
                self.refused(USAGE, "--inputs", data, "--label", "kind", f"--inputs={inputs}")
        self.refused(USAGE, "twice", data, "--label", "kind", "--inputs", "a,1")

    def test_name_of_two_fields__is_refused(self):
        data = self.labelled(header=("a", "a", "kind"))
        self.refused(USAGE, "more than one", data, "--label", "kind", "--inputs", "a")
        self.log_of(data, "--label", "kind")

    def test_input_and_target_at_once__is_refused(self):
        data = self.labelled()
        self.refused(USAGE, "field 3", data, "--label", "kind", "--inputs", "a,kind")
        self.refused(USAGE, "none is left", data, "--targets", "a,b,kind")
        self.refused(USAGE, "one field", data, "--label", "a,kind")
        self.refused(USAGE, "--label", data, "--targets", "a", "--label", "kind")

    def test_files_that_are_damaged(self):
        ragged = self.write("ragged.csv", "a,b,kind\n1,2,0\n1,2\n")
        self.refused(FAILED, ["line 3 has 2 fields", "line 1 has 3"], ragged, "--label", "kind")
        words = self.write("words.csv", "a,b,kind\n1,2,0\n1,wide,1\n")
        self.refused(FAILED, ["line 3, field 2 (\"b\")", "\"wide\"", "not a number"], words, "--label", "kind")
        names = self.write("names.csv", "a,b\n1,2,0\n1,2,1\n")
        self.refused(FAILED, ["2 names", "3 fields"], names, "--label", "3")
        half = self.write("half.csv", "a,b,kind\n1,2,0\n1,2,0.5\n")
        self.refused(FAILED, ["label 0.5 of sample 1", "half.csv"], half, "--label", "kind")
        self.refused(FAILED, "no such file", self.path("nowhere.csv"), "--label", "kind")

    def test_labels_of_the_test_file_beyond_the_classes(self):
        test = self.write("test.csv", "a,b,kind\n1,2,0\n1,2,3\n")
        self.refused(FAILED, ["label 3 of sample 1", "test.csv"], self.labelled(), "--label",
                     "kind", "--test", test)

    def test_options_of_other_data__are_refused(self):
        data = self.labelled()
        X = write(self.folder, "X.npy", npy("f", [2, 2], [0, 1, 2, 3]))
        L = write(self.folder, "L.npy", npy("B", [2], [0, 1]))
        three = write(self.folder, "three.npy", npy("B", [3], [0, 1, 0]))
        pairs = write(self.folder, "pairs.npy", npy("B", [2, 2], [0, 1, 0, 1]))
        for words in (["--label", "kind"], ["--targets", "kind"], ["--inputs", "a"]):
            self.refused(USAGE, words[0], self.data, *words)
        self.refused(USAGE, "--inputs", X, "--label", L, "--inputs", "1")
        self.refused(USAGE, "--label", X)
        self.refused(USAGE, "--test-label", X, "--label", L, "--test", X)
        self.refused(USAGE, "--test-label", data, "--label", "kind", "--test", data,
                     "--test-label", L)
        self.refused(USAGE, "--test", data, "--label", "kind", "--test", self.data)
        self.refused(FAILED, ["2 samples", "has 3"], X, "--label", three)
        self.refused(FAILED, ["pairs.npy", "--targets"], X, "--label", pairs)


# ---- Numbers -------------------------------------------------------------------------------

class Numbers(Data):
    def test_defaults__suit_numbers(self):
        if not test_cli.HAS_MODELS:
            self.skipTest("built without models")
        for words, mentions in (([], ["--output identity", "--eta 0.1", "--pixel-scale 1"]),
                                (["--loss", "poisson"], ["--output exponential"]),
                                (["--output", "softplus", "--eta", "1e-9"],
                                 ["--output softplus", "--eta 1e-9"])):
            model = self.path("m.safetensors")
            self.train("--save", model, "--targets", "rent", "--inputs", "rooms", *words,
                       data=self.priced())
            settings = read_model(model)[0]["__metadata__"]["settings"] + " "
            for mention in mentions:
                self.assertIn(mention + " ", settings)

    def test_numbers__are_learnt(self):
        log = self.path("run.jsonl")
        result = self.train("--log", log, "--targets", "price,rent", "--standardise",
                            "--epochs", 60, "--validate-last", 10, data=self.priced())
        lines = read_log(log)
        self.assertLess(lines[-1]["train_loss"], 0.02)
        self.assertLess(lines[-1]["validation_loss"], 0.05)
        self.assertTrue(result.stdout.startswith("validation "))

    def test_outputs_that_cannot_be_the_targets__are_refused(self):
        data = self.priced()
        for output in ("sigmoid", "softmax", "tanh", "softsign"):
            self.refused(USAGE, ["--output " + output, "sample 0", "identity"], data, "--targets",
                         "price", "--output", output)
            self.refused(USAGE, ["--standardise", "identity"], data, "--targets", "price",
                         "--output", output, "--standardise")
        negative = self.write("negative.csv", "x,y\n1,0\n2,-0.5\n")
        for words in (["--output", "relu"], ["--output", "sigmoid"], ["--loss", "poisson"]):
            self.refused(USAGE, ["-0.5", "sample 1"], negative, "--targets", "y", *words)
        for words in (["--output", "tanh"], ["--output", "leaky-relu"], []):
            self.train("--targets", "y", *words, data=negative)
        self.refused(USAGE, "poisson", self.labelled(), "--label", "kind", "--loss", "poisson")

    def test_widths__go_by_the_targets(self):
        data = self.priced()
        words = ["--targets", "price,rent", "--standardise"]
        self.train(*words, "--layers", "3,4,2", data=data)
        self.train(*words, "--layers", "3,4,4", "--loss", "gaussian", "--eta", "0.01", data=data)
        self.refused(USAGE, ["--layers", "end with 2"], data, *words, "--layers", "3,4,3")
        self.refused(USAGE, ["--layers", "begin with 3"], data, *words, "--layers", "4,4,2")
        self.refused(USAGE, ["--layers", "end with 4"], data, *words, "--layers", "3,4,2", "--loss",
                     "gaussian")

    def test_probabilities__may_be_targets_of_cross_entropy(self):
        data = self.write("p.csv", "x,p\n0,0.1\n1,0.5\n2,0.9\n")
        self.train("--targets", "p", "--output", "sigmoid", "--loss", "cross-entropy", data=data)
        self.refused(USAGE, "--standardise", data, "--targets", "p", "--output", "sigmoid",
                     "--loss", "cross-entropy", "--standardise")


# ---- Standardised --------------------------------------------------------------------------

def tensors(path):
    """name: list of values of a model in double."""
    header, data = read_model(path)
    return {name: struct.unpack(f"<{(end - begin) // 8}d", data[begin:end])
            for name, entry in header.items() if name != "__metadata__"
            for begin, end in [entry["data_offsets"]]}


def outputs_by_hand(model, x, hidden):
    """shift + factor (W_2 sigmoid(W_1 (x - shift) factor + b_1) + b_2)"""
    a = [(v - s) * f for v, s, f in zip(x, model["input_shift"], model["input_factor"])]
    n = len(a)
    W1, W2 = model["W1"], model["W2"]
    a = [1 / (1 + math.exp(-(b + sum(W1[i * n + j] * a[j] for j in range(n)))))
         for i, b in enumerate(model["b1"])]
    y = [b + sum(W2[i * hidden + j] * a[j] for j in range(hidden))
         for i, b in enumerate(model["b2"])]
    return [s + f * v for v, s, f in zip(y, model["output_shift"], model["output_factor"])]


class Standardised(Data):
    def model(self, *words, data=None):
        model = self.path("m.safetensors")
        self.train("--save", model, "--standardise", "--precision", "double", "--targets",
                   "price,rent", "--layers", "3,5,2", *words, data=data or self.priced())
        return model

    def assertNear(self, expected, found, message=None):
        self.assertEqual(len(expected), len(found), message)
        for one, other in zip(expected, found):
            self.assertLessEqual(abs(one - other), 1e-12 * max(abs(one), abs(other)), message)

    @needs("models")
    def test_scaling__is_that_of_the_samples_to_learn_from(self):
        rows, targets = houses()
        for words, n in (([], N), (["--validate-last", 20], N - 20), (["--train-first", 7], 7)):
            found = tensors(self.model(*words))
            for columns, name, power in ((rows, "input", -1), (targets, "output", 1)):
                columns = list(zip(*columns[:n]))
                self.assertNear([statistics.fmean(c) for c in columns], found[name + "_shift"],
                                words)
                self.assertNear([statistics.pstdev(c) ** power for c in columns],
                                found[name + "_factor"], words)

    @needs("models")
    def test_predict__undoes_it(self):
        model = self.model()
        result = self.assertCode(OK, run("predict", "--model", model, "--data", self.priced()))
        found = [[float(row["y0"]), float(row["y1"])]
                 for row in csv.DictReader(result.stdout.splitlines())]
        rows, targets = houses()
        self.assertEqual(N, len(found))
        for x, y in zip(rows, found):
            self.assertNear(outputs_by_hand(tensors(model), x, 5), y)
        prices = [price for price, _ in targets]
        self.assertLess(statistics.fmean(abs(y[0] - t) for y, t in zip(found, prices)),
                        statistics.pstdev(prices))

    @needs("models")
    def test_eval__has_the_loss_of_the_log_and_errors_in_units(self):
        log = self.path("run.jsonl")
        model, data = self.model("--log", log), self.priced()
        lines = dict(line.rsplit(" ", 1) for line in
                     run("eval", "--model", model, "--data", data).stdout.splitlines())
        self.assertNear([read_log(log)[-1]["train_loss"]], [float(lines["loss"])])
        rows, targets = houses()
        for i in range(2):
            errors = [outputs_by_hand(tensors(model), x, 5)[i] - t[i]
                      for x, t in zip(rows, targets)]
            self.assertLess(abs(math.sqrt(statistics.fmean(e * e for e in errors)) -
                                float(lines[f"rmse y{i}"])), 1e-9 * abs(errors[0]) + 1e-9)

    @needs("models")
    def test_classes__have_their_inputs_standardised_alone(self):
        model = self.path("m.safetensors")
        for data, words in ((self.labelled(), ["--label", "kind"]), (self.data, [])):
            self.train("--save", model, "--standardise", "--precision", "double", *words, data=data)
            self.assertIn("input_shift", tensors(model))
            self.assertNotIn("output_shift", tensors(model))
        result = run("eval", "--model", model, "--data", self.data)
        self.assertGreater(float(re.search("accuracy (\\S+)", result.stdout)[1]), 0.9)

    @needs("models")
    def test_constant_field__is_left_at_its_scale(self):
        data = self.write("c.csv", "x,c,y\n1,7,1\n2,7,3\n4,7,2\n")
        model = self.path("m.safetensors")
        self.train("--save", model, "--standardise", "--precision", "double", "--targets", "y",
                   data=data)
        self.assertEqual((7.0, 1.0), (tensors(model)["input_shift"][1],
                                      tensors(model)["input_factor"][1]))

    def test_pixel_scale__is_another_scaling(self):
        self.refused(USAGE, "--pixel-scale", self.data, "--standardise", "--pixel-scale", 255)
        self.train("--standardise", "--pixel-scale", 1)
        self.refused(USAGE, "--standardise", self.data, "--standardise", "--save",
                     self.path("net.json"))

    @needs("models")
    def test_pixel_scale__divides_the_inputs_of_a_csv_file(self):
        model = self.path("m.safetensors")
        self.train("--save", model, "--pixel-scale", 256, "--precision", "double",
                   "--label", "kind", data=self.labelled())
        self.assertEqual((1 / 256, 1 / 256), tensors(model)["input_factor"])


# ---- Models and other files ----------------------------------------------------------------

class ByName(Data):
    """A model takes from other files the fields that it has learnt from."""

    def setUp(self):
        super().setUp()
        if not test_cli.HAS_MODELS:
            self.skipTest("built without models")

    def model(self, *words, data=None):
        model, log = self.path("m.safetensors"), self.path("run.jsonl")
        self.train("--save", model, "--log", log, "--precision", "double", "--eta", 1, *words,
                   data=data or self.labelled())
        return model, read_log(log)[-1]

    def loss(self, model, data, *words):
        result = self.assertCode(OK, run("eval", "--model", model, "--data", data, *words))
        return float(re.search("loss (\\S+)", result.stdout)[1])

    def reordered(self, name="other.csv", header=("kind", "extra", "b", "a")):
        rows, labels = measured()
        return self.csv(name, header,
                        [[label, 9.5, b, a] for (a, b), label in zip(rows, labels)])

    def test_eval__finds_the_fields_in_any_order(self):
        for words in ([], ["--output", "softmax", "--loss", "cross-entropy"]):
            model, last = self.model("--label", "kind", *words)
            for data in (self.labelled(), self.reordered()):
                self.assertAlmostEqual(last["train_loss"], self.loss(model, data), 14)
            self.assertAlmostEqual(last["train_loss"], self.loss(
                model, self.reordered("nameless.csv", None), "--inputs", "4,3", "--label", 1), 14)

    def test_odd_names__are_found_again(self):
        for names in (['"a, long"', '"2"', "kind"], ["1-2", "a b", '"k""ind"']):
            model, last = self.model("--label", 3, data=self.labelled(header=names))
            other = self.reordered(header=[names[2], "extra", names[1], names[0]])
            self.assertAlmostEqual(last["train_loss"], self.loss(model, other), 14)

    def test_label_in_the_first_field__is_found_without_names(self):
        rows, labels = measured()
        data = self.csv("bare.csv", None, [[label] + row for row, label in zip(rows, labels)])
        model, last = self.model("--label", 1, data=data)
        self.assertAlmostEqual(last["train_loss"], self.loss(model, data), 14)
        alone = self.csv("alone.csv", None, rows)
        self.assertEqual(*(run("predict", "--model", model, "--data", path).stdout
                           for path in (data, alone)))

    def test_predict__takes_inputs_by_name_or_alone_or_as_npy(self):
        model, last = self.model("--label", "kind")
        rows, labels = measured()
        X = write(self.folder, "X.npy", npy("d", [N, 2], [v for row in rows for v in row]))
        paths = [self.labelled(), self.reordered(), self.csv("alone.csv", None, rows),
                 self.csv("named.csv", ["a", "b"], rows), X]
        found = {run("predict", "--model", model, "--data", path).stdout for path in paths}
        self.assertEqual(1, len(found))
        classes = [int(row["class"]) for row in csv.DictReader(found.pop().splitlines())]
        right = sum(map(int.__eq__, classes, labels))
        self.assertEqual(last["train_accuracy"], right / N)

    def test_npy__of_classes_beside_inputs(self):
        model, last = self.model("--label", "kind")
        rows, labels = measured()
        X = write(self.folder, "X.npy", npy("d", [N, 2], [v for row in rows for v in row]))
        L = write(self.folder, "L.npy", npy("B", [N], labels))
        self.assertAlmostEqual(last["train_loss"], self.loss(model, X, "--label", L), 14)
        words = ["--model", model, "--data", X, "--label", L]
        self.assertCode(OK, run("check", *words))
        wide = write(self.folder, "wide.npy", npy("B", [N, 2], labels * 2))
        self.assertRefused(FAILED, "2 values a sample", "eval", *words[:4], "--targets", wide)

    def test_check_and_explain__take_the_same_samples(self):
        small = self.path("small.safetensors")
        self.train("--save", small, "--label", "kind", "--layers", "2,2,3", data=self.labelled())
        for command in ("check", "explain"):
            texts = {self.assertCode(OK, run(command, "--model", small, "--data", data)).stdout
                     for data in (self.labelled(), self.reordered())}
            self.assertEqual(1, len(texts))

    def test_names_that_are_missing__are_told(self):
        model, _ = self.model("--label", "kind")
        other = self.reordered(header=("kind", "extra", "width", "a"))
        for mention in ("a,b", "kind, extra, width, a", "--inputs"):
            self.assertRefused(FAILED, mention, "eval", "--model", model, "--data", other)
        numbers, _ = self.model("--label", "kind", data=self.labelled(header=("3", "4", "kind")))
        self.assertRefused(FAILED, '"3","4"', "eval", "--model", numbers, "--data", other)
        model, _ = self.model("--label", "kind")
        self.assertRefused(FAILED, "3 fields", "eval", "--model", model, "--data", other,
                           "--inputs", "a,extra,width")
        self.assertRefused(USAGE, "--inputs", "predict", "--model", model, "--data", other,
                           "--inputs", "a,b")

    def test_nothing_but_the_name_of_the_data__is_noted(self):
        model, _ = self.model("--label", "kind")
        notes = read_model(model)[0]["__metadata__"]
        self.assertEqual(("data.csv", "a,b", "kind"),
                         (notes["data"], notes["inputs"], notes["label"]))
        self.assertNotIn(self.folder, str(notes))
        X = write(self.folder, "X.npy", npy("B", [2, 1], [0, 1]))
        L = write(self.folder, "L.npy", npy("B", [2], [0, 1]))
        model, _ = self.model("--label", L, "--test", X, "--test-label", L, data=X)
        self.assertNotIn(self.folder, str(read_model(model)[0]["__metadata__"]))


class Texts(Data):
    """Classes that are texts."""
    kinds = ["rose", "lily, white", "10"]  # sorted by their bytes: 10, lily, rose
    classes = [2, 1, 0]

    def setUp(self):
        super().setUp()
        self.flowers = self.texts("flowers.csv", ["a", "b", "kind"])
        result = run("train", "--data", self.flowers, "--label", "kind", "--epochs", 1)
        if "not a number" in result.stderr:
            self.skipTest("the library reads no texts yet")

    def texts(self, name, header, first=0):
        rows, labels = measured()
        lines = [header] if header else []
        for row, label in list(zip(rows, labels))[first:]:
            lines.append(list(map(repr, row)) + [f'"{self.kinds[label]}"'])
        return self.write(name, "".join(",".join(line) + "\n" for line in lines))

    def test_texts__train_as_their_numbers(self):
        rows, labels = measured()
        numbers = self.csv("numbers.csv", ["a", "b", "kind"],
                           [row + [self.classes[label]] for row, label in zip(rows, labels)])
        expected = self.log_of(numbers, "--label", "kind", "--test", numbers)
        bare = self.texts("bare.csv", None)
        for data, label in ((self.flowers, "kind"), (self.flowers, 3), (bare, 3)):
            self.assertEqual(expected, self.log_of(data, "--label", label, "--test", data))

    def test_label_of_a_bare_file__is_its_number(self):
        bare = self.texts("bare.csv", None)
        self.refused(USAGE, "--label", bare, "--label", "kind")

    @needs("models")
    def test_model__keeps_the_names(self):
        model, log = self.path("m.safetensors"), self.path("run.jsonl")
        self.train("--save", model, "--log", log, "--precision", "double", "--eta", 1, "--epochs",
                   20, "--label", "kind", data=self.flowers)
        last = read_log(log)[-1]
        result = self.assertCode(OK, run("eval", "--model", model, "--data", self.flowers))
        self.assertAlmostEqual(last["train_loss"], float(result.stdout.split()[1]), 14)
        rows, labels = measured()
        for data in (self.flowers, self.csv("alone.csv", ["b", "a"], [row[::-1] for row in rows])):
            result = self.assertCode(OK, run("predict", "--model", model, "--data", data))
            found = [row["class"] for row in csv.DictReader(result.stdout.splitlines())]
            right = sum(name == self.kinds[label] for name, label in zip(found, labels))
            self.assertEqual(last["train_accuracy"], right / N)
        self.assertCode(OK, run("check", "--model", model, "--data", self.flowers))

    @needs("models")
    def test_classes_of_other_files__are_those_that_were_learnt(self):
        model = self.path("m.safetensors")
        self.train("--save", model, "--label", "kind", "--epochs", 20, data=self.flowers)
        few = self.write("few.csv", "a,b,kind\n4,-2,10\n0,0,rose\n")
        result = self.assertCode(OK, run("eval", "--model", model, "--data", few))
        self.assertIn("(2 of 2)", result.stdout)
        new = self.write("new.csv", "a,b,kind\n0,0,rose\n0,0,tulip\n")
        self.assertRefused(FAILED, "sample 1", "eval", "--model", model, "--data", new)
        self.refused(FAILED, "lily", self.flowers, "--label", "kind", "--test", new)


# ---- Several runs --------------------------------------------------------------------------

def fold_lines(text):
    """(accuracy, correct, samples, loss) of each fold."""
    return [(float(a), int(c), int(n), float(l)) for a, c, n, l in re.findall(
        r"^fold \d+ of \d+: test accuracy (\S+) \((\d+) of (\d+)\)  loss (\S+)$", text, re.M)]


class Folds(Data):
    def test_each_fold__is_a_run_of_its_own(self):
        rows, labels = measured()
        samples = [row + [label] for row, label in zip(rows, labels)][:59]
        data = self.csv("all.csv", ["a", "b", "kind"], samples)
        for words in (["--label", "kind"], ["--label", "kind", "--standardise"],
                      ["--targets", "kind", "--standardise"]):
            log = self.path("folds.jsonl")
            self.train("--log", log, "--folds", 4, "--seed", 5, *words, data=data)
            found = read_log(log)
            self.assertEqual([1, 2, 3, 4], [line["fold"] for line in found])
            for k, line in enumerate(found):
                train = self.csv("train.csv", ["a", "b", "kind"],
                                 [s for i, s in enumerate(samples) if i % 4 != k])
                test = self.csv("test.csv", ["a", "b", "kind"], samples[k::4])
                self.train("--log", self.path("one"), "--seed", 5, "--test", test, *words,
                           data=train)
                last = read_log(self.path("one"))[-1]
                for key in set(last) - {"epoch", "seconds"}:
                    self.assertEqual(last[key], line[key], (words, k, key))

    def test_summary__is_of_the_folds_and_of_all_samples(self):
        data = self.csv("all.csv", None, [row + [label] for row, label in zip(*measured())][:58])
        result = self.train("--folds", 3, "--label", 3, "--epochs", 2, data=data)
        folds = fold_lines(result.stdout)
        self.assertEqual([20, 19, 19], [n for _, _, n, _ in folds])
        self.assertEqual("", result.stderr)
        accuracies = [correct / n for _, correct, n, _ in folds]
        mean, deviation = map(float, re.search(
            r"^accuracy mean (\S+), standard deviation (\S+)$", result.stdout, re.M).groups())
        self.assertAlmostEqual(statistics.fmean(accuracies), mean, 4)
        self.assertAlmostEqual(statistics.stdev(accuracies), deviation, 4)
        correct, n, loss = re.search(r"^all samples: accuracy \S+ \((\d+) of (\d+)\)  loss (\S+)$",
                                     result.stdout, re.M).groups()
        self.assertEqual((sum(c for _, c, _, _ in folds), 58), (int(correct), int(n)))
        self.assertAlmostEqual(sum(l * n for _, _, n, l in folds) / 58, float(loss), 5)

    def test_images__have_folds_too(self):
        result = self.train("--folds", 3, "--epochs", 10)
        self.assertEqual(3, len(fold_lines(result.stdout)))
        result = self.train("--folds", 3, "--epochs", 2, "--quiet")
        self.assertEqual(("", ""), (result.stdout, result.stderr))

    def test_options_of_one_net__are_refused(self):
        data = self.labelled()
        for words in (["--test", data], ["--validate-last", 5], ["--save", self.path("m")],
                      ["--seeds", "1,2"]):
            self.refused(USAGE, [words[0], "--folds"], data, "--label", "kind", "--folds", 3,
                         *words)
        self.refused(USAGE, "--folds", data, "--label", "kind", "--folds", 1)
        self.refused(USAGE, ["--folds", "60 samples"], data, "--label", "kind", "--folds", 61)
        self.assertFalse(os.path.exists(self.path("m")))


class Seeds(Data):
    words = ["--label", "kind", "--validate-last", 20, "--epochs", 4, "--eta", 8]

    def single(self, seed):
        log = self.path("one.jsonl")
        self.train("--log", log, "--seed", seed, *self.words, data=self.labelled())
        return read_log(log)

    def test_each_seed__is_a_run_of_its_own(self):
        log = self.path("seeds.jsonl")
        result = self.train("--log", log, "--seeds", "4,9,18446744073709551615", *self.words,
                            data=self.labelled())
        found, scores, bests = read_log(log), [], []
        for line in found:
            single = self.single(line["seed"])
            for key in set(single[-1]) - {"epoch", "seconds"}:
                self.assertEqual(single[-1][key], line[key])
            scores.append(single[-1]["validation_accuracy"])
            bests.append(max(one["validation_accuracy"] for one in single))
            self.assertIn(f"seed {line['seed']}: validation accuracy {scores[-1]:.4f} (best "
                          f"{bests[-1]:.4f} at epoch ", result.stdout)
        self.assertEqual([4, 9, 2 ** 64 - 1], [line["seed"] for line in found])
        self.assertNotEqual(scores, bests)
        for name, values in (("last", scores), ("best", bests)):
            mean, deviation = map(float, re.search(
                rf"^validation accuracy of the {name} epoch: mean (\S+), standard deviation (\S+)$",
                result.stdout, re.M).groups())
            self.assertAlmostEqual(statistics.fmean(values), mean, 4)
            self.assertAlmostEqual(statistics.stdev(values), deviation, 4)

    @needs("models")
    def test_save__keeps_the_best_by_validation(self):
        model, log = self.path("m.safetensors"), self.path("seeds.jsonl")
        single = self.path("single.safetensors")
        for seeds in ("1,2,3,4", "4,3,2,1"):
            self.train("--save", model, "--log", log, "--seeds", seeds, *self.words,
                       data=self.labelled())
            best = max(read_log(log),
                       key=lambda line: (line["validation_accuracy"], -line["validation_loss"]))
            self.assertEqual(str(best["seed"]), read_model(model)[0]["__metadata__"]["seed"])
            self.train("--save", single, "--seed", best["seed"], *self.words, data=self.labelled())
            self.assertEqual(read_model(single)[1], read_model(model)[1])

    def test_mistakes(self):
        data = self.labelled()
        for seeds in ("", "1,", ",1", "1,,2", "a", "1 2", "18446744073709551616",
                      ",".join(["1"] * 65)):
            self.refused(USAGE, "--seeds", data, "--label", "kind", f"--seeds={seeds}")
        self.refused(USAGE, "--seed ", data, "--label", "kind", "--seeds", "1,2", "--seed", 3)
        self.refused(USAGE, "--validate-last", data, "--label", "kind", "--seeds", "1,2", "--save",
                     self.path("m"))


if __name__ == "__main__":
    test_cli.main(__doc__)
