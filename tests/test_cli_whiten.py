#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bpblas train --whiten: test_cli_whiten.py PATH_TO_BPBLAS"""
import functools
import math
import random
import re
import statistics
import unittest

import test_cli
from test_cli import (FAILED, OK, TEST, TRAIN, USAGE, needs, npy, read_log, read_model, run,
                      without_seconds, write)
from test_cli_data import Data, houses, tensors
from test_cli_train import NoisyCase

N = 60
EPS = 2.0 ** -52


@functools.cache
def has_lapack():
    """What the build can do, found out by asking it."""
    case = Data()
    case.setUp()
    result = run("train", "--data", case.data, "--epochs", 1, "--init", "orthogonal")
    case.doCleanups()
    return "without LAPACK" not in result.stderr


def pairs(n=N, first=0):
    """Two inputs that follow each other, in different units, and a number to learn from them."""
    rng = random.Random(7)
    rows = []
    for _ in range(first + n):
        a, b = rng.gauss(0, 1), rng.gauss(0, 1)
        rows.append([300 + 4 * a + b, 20 + a - 2 * b, math.sin(a) + 0.5 * b])
    return rows[first:]


def principal(C):
    """[(lambda, v)] of a symmetric 2 x 2 matrix, the larger first; the largest entry positive, or
    the first of two like ones."""
    (a, b), (_, d) = C
    mean, half = (a + d) / 2, math.hypot((a - d) / 2, b)
    found = []
    for value in (mean + half, mean - half):
        v = (b, value - a) if abs(value - a) > abs(value - d) else (value - d, b)
        largest = v[0] if abs(v[0]) > 0.999 * abs(v[1]) else v[1]
        norm = math.copysign(math.hypot(*v), largest)
        found.append((value, [x / norm for x in v]))
    return found


def covariance(columns):
    means = [statistics.fmean(c) for c in columns]
    return [[statistics.fmean((x - p) * (y - q) for x, y in zip(c, d))
             for d, q in zip(columns, means)] for c, p in zip(columns, means)]


def whitened(rows, learnt, m, standardise=False):
    """The first m of (v . (x - mean)) / sqrt(lambda), over the first learnt of the rows."""
    columns = list(zip(*rows))
    sds = [statistics.pstdev(c[:learnt]) if standardise else 1 for c in columns]
    rows = [[x / sd for x, sd in zip(row, sds)] for row in rows]
    columns = [c[:learnt] for c in zip(*rows)]
    means = [statistics.fmean(c) for c in columns]
    return [[sum(e * (x - mean) for e, x, mean in zip(v, row, means)) / math.sqrt(value)
             for value, v in principal(covariance(columns))[:m]] for row in rows]


class Whitened(Data):
    def setUp(self):
        if not has_lapack():
            self.skipTest("built without LAPACK")
        super().setUp()

    def pairs(self, name="pairs.csv", n=N, first=0):
        return self.csv(name, ["a", "b", "y"], pairs(n, first))

    def log(self, data, *words):
        log = self.path("run.jsonl")
        self.train("--log", log, *words, data=data)
        return without_seconds(read_log(log))

    def assertLogsNear(self, expected, found, tolerance, message):
        self.assertEqual(len(expected), len(found))
        for one, other in zip(expected, found):
            self.assertEqual(one.keys(), other.keys())
            for key in one:
                self.assertLessEqual(abs(one[key] - other[key]), tolerance * abs(one[key]),
                                     (message, key))


# ---- What is learnt ------------------------------------------------------------------------

class Learns(Whitened):
    def assertAsByHand(self, m, standardise, parting, learnt, n=N):
        """With --test, the same samples again, so that all three copies are looked at."""
        words = ["--precision", "double", "--eta", "0.1", *parting]
        data = self.pairs(n=n)
        found = self.log(data, "--targets", "y", "--test", data, "--whiten", m, *words,
                         *(["--standardise"] if standardise else []))
        rows = whitened([row[:2] for row in pairs(n)], learnt, m, standardise)
        targets = [row[2] for row in pairs(n)]
        if standardise:
            mean, sd = statistics.fmean(targets[:learnt]), statistics.pstdev(targets[:learnt])
            targets = [(t - mean) / sd for t in targets]
        hand = self.csv("hand.csv", None, [row + [t] for row, t in zip(rows, targets)])
        expected = self.log(hand, "--targets", m + 1, "--test", hand, *words)
        self.assertLogsNear(expected, found, 1e6 * EPS, (m, standardise, parting))

    def test_run__is_one_on_inputs_that_were_whitened_by_hand(self):
        for m in (1, 2):
            for standardise in (False, True):
                self.assertAsByHand(m, standardise, [], N)
                self.assertAsByHand(m, standardise, ["--validate-last", 20], N - 20)
                self.assertAsByHand(m, standardise, ["--train-first", 25, "--validate-last", 9], 25)
        self.assertAsByHand(2, True, ["--validate-last", 300], 700, n=1000)

    def test_layers__begins_with_the_inputs_of_the_data(self):
        words = ["--targets", "y", "--whiten", 1]
        self.assertEqual(self.log(self.pairs(), *words),
                         self.log(self.pairs(), *words, "--layers", "2,30,1"))
        self.assertNotEqual(self.log(self.pairs(), *words),
                            self.log(self.pairs(), *words, "--layers", "2,20,1"))
        self.refused(USAGE, "begin with 2", self.pairs(), *words, "--layers", "1,30,1")

    def test_directions__are_all_the_first_or_those_of_a_share(self):
        by_number = {m: self.log(self.pairs(), "--targets", "y", "--whiten", m) for m in (1, 2)}
        self.assertNotEqual(by_number[1], by_number[2])
        columns = list(zip(*(row[:2] for row in pairs())))
        variances = [value for value, _ in principal(covariance(columns))]
        share = variances[0] / sum(variances)
        for choice, m in ("all", 2), (share - 1e-5, 1), (share + 1e-5, 2), ("1e-9", 1):
            with self.subTest(choice=choice):
                self.assertEqual(by_number[m],
                                 self.log(self.pairs(), "--targets", "y", "--whiten", choice))

    def test_opening_line__tells_how_many(self):
        data = self.write("line.csv", "".join(f"{i},{-2 * i},7,{i % 3}\n" for i in range(9)))
        words = ["--label", 4, "--whiten", "all"]
        result = self.train(*words, data=data)
        self.assertTrue(result.stderr.startswith(
            "whitened: 1 of 3 directions, with 100 % of the variance\n"), result.stderr)
        self.assertEqual("", self.train(*words, "--quiet", data=data).stderr)
        self.assertEqual("", self.train(*words, "--folds", 3, data=data).stderr)

    @needs("models")
    def test_constant_and_repeated_columns__are_left_out(self):
        rows = pairs()
        more = self.csv("more.csv", ["a", "c", "b", "twice", "y"],
                        [[a, 0.1, b, 2 * a, y] for a, b, y in rows])
        model = self.path("m.safetensors")
        for words in ([], ["--standardise"]):
            for precision in ("float", "double"):
                result = self.train("--targets", "y", "--precision", precision, "--whiten", "all",
                                    "--save", model, *words, data=more)
                self.assertIn("whitened: 2 of 4 directions", result.stderr)
        W1 = tensors(model)["W1"]
        self.assertEqual([0.0] * 30, list(W1[1::4]))
        self.assertTrue(all(W1[0::4]) and all(W1[3::4]))

    def test_units__do_not_count_with_standardise(self):
        small = self.csv("small.csv", ["a", "b", "y"], [[a, b / 2 ** 30, y] for a, b, y in pairs()])
        words = ["--targets", "y", "--whiten", "all", "--standardise"]
        self.assertEqual(self.log(self.pairs(), *words), self.log(small, *words))

    def test_classes_texts_and_images__are_learnt(self):
        texts = self.csv("texts.csv", ["a", "b", "kind"], [])
        with open(texts, "a", encoding="ascii") as file:
            for i, (a, b, _) in enumerate(pairs()):
                file.write(f"{a + 60 * (i % 2)},{b},{'even' if i % 2 == 0 else 'odd'}\n")
        for data, words in (texts, ["--label", "kind"]), (self.data, []):
            result = self.train("--whiten", "0.9", "--epochs", 10, *words, data=data)
            self.assertGreater(float(re.search("accuracy (\\S+)", result.stdout)[1]), 0.9, words)

    def test_npy__trains_as_csv(self):
        rows = pairs()
        X = write(self.folder, "X.npy", npy("d", [N, 2], [v for row in rows for v in row[:2]]))
        T = write(self.folder, "T.npy", npy("d", [N, 1], [row[2] for row in rows]))
        words = ["--whiten", "all", "--standardise", "--precision", "double"]
        self.assertEqual(self.log(self.pairs(), "--targets", "y", *words),
                         self.log(X, "--targets", T, *words))

    def test_threads__make_no_difference(self):
        words = ["--whiten", "0.99", "--batch", 100]
        self.assertEqual(self.log(self.data, *words, "--threads", 1),
                         self.log(self.data, *words, "--threads", 2))


# ---- The model -----------------------------------------------------------------------------

class Saved(Whitened):
    def evaluate(self, model, data):
        result = self.assertCode(OK, run("eval", "--model", model, "--data", data))
        return dict(line.split(" ", 1) for line in result.stdout.splitlines())

    @needs("models")
    def test_eval__of_the_raw_samples_has_the_last_score(self):
        log, model = self.path("run.jsonl"), self.path("m.safetensors")
        for words in ([], ["--standardise"], ["--standardise", "--dropout-inputs", "0.2"],
                      ["--optimizer", "adam", "--keep-best", "--validate-last", 15]):
            for precision, digits in ("double", 9), ("float", 3):
                self.train("--targets", "y", "--whiten", "all", "--precision", precision, "--log",
                           log, "--save", model, "--test", self.pairs("test.csv", 30, N), *words,
                           data=self.pairs())
                last = read_log(log)
                last = last[last[-1].get("best_epoch", len(last)) - 1]["test_loss"]
                found = float(self.evaluate(model, self.path("test.csv"))["loss"])
                self.assertLessEqual(abs(found - last), 10.0 ** -digits * last, (words, precision))

    @needs("models")
    def test_eval__of_images_has_the_accuracy_of_the_log(self):
        log, model = self.path("run.jsonl"), self.path("m.safetensors")
        self.train("--whiten", "0.95", "--log", log, "--save", model)
        found = self.evaluate(model, self.data)["accuracy"]
        self.assertEqual(read_log(log)[-1]["test_accuracy"], float(found.split()[0]))

    @needs("models")
    def test_model__takes_all_inputs_and_says_how_it_was_made(self):
        model = self.path("m.safetensors")
        words = ["--targets", "y", "--whiten", "1", "--precision", "double", "--save", model]
        self.train(*words, data=self.pairs())
        self.assertEqual(60, len(tensors(model)["W1"]))
        self.assertNotIn("input_factor", tensors(model))
        notes = read_model(model)[0]["__metadata__"]
        self.assertIn("--whiten 1", notes["settings"])
        self.assertEqual(("a,b", "y"), (notes["inputs"], notes["targets"]))
        self.train(*words, "--standardise", data=self.pairs())
        found, columns = tensors(model), list(zip(*pairs()))
        self.assertEqual((0.0, 0.0), found["input_shift"])
        for factor, column in zip(found["input_factor"], columns):
            self.assertLess(abs(factor * statistics.pstdev(column) - 1), 100 * EPS)
        self.assertLess(abs(found["output_factor"][0] / statistics.pstdev(columns[2]) - 1),
                        100 * EPS)

    @needs("models")
    def test_explain_and_check__take_the_raw_samples(self):
        model = self.path("m.safetensors")
        self.train("--targets", "y", "--whiten", 1, "--precision", "double", "--save", model,
                   "--layers", "2,4,1", data=self.pairs())
        for command in ("explain", "check", "predict"):
            self.assertCode(OK, run(command, "--model", model, "--data", self.pairs()))

    @needs("models")
    def test_network2__holds_the_folded_net(self):
        model, other = self.path("net.json"), self.path("m.safetensors")
        base = ["--whiten", "0.9", "--precision", "double", "--loss", "squared"]
        self.train("--save", model, *base)
        self.train("--save", other, *base)
        words = ["--data", self.data, "--pixel-scale", 1]
        found = self.assertCode(OK, run("eval", "--model", model, *words)).stdout
        self.assertEqual(found, run("eval", "--model", other, *words[:2]).stdout)
        self.refused(USAGE, "--standardise", self.data, "--whiten", "all", "--standardise",
                     "--save", model)


# ---- Several runs --------------------------------------------------------------------------

class Several(Whitened):
    def test_each_fold__whitens_by_its_own_training_samples(self):
        rows = pairs(59)
        data = self.csv("all.csv", ["a", "b", "y"], rows)
        for words in ["--whiten", "all"], ["--whiten", 1, "--standardise"]:
            words += ["--targets", "y", "--precision", "double", "--seed", 5]
            for k, line in enumerate(self.log(data, "--folds", 4, *words)):
                train = self.csv("train.csv", ["a", "b", "y"],
                                 [row for i, row in enumerate(rows) if i % 4 != k])
                test = self.csv("test.csv", ["a", "b", "y"], rows[k::4])
                last = self.log(train, "--test", test, *words)[-1]
                for key in set(last) - {"epoch"}:
                    self.assertEqual(last[key], line[key], (words, k, key))

    def test_folds__may_have_different_directions(self):
        """Only sample 1 has another c."""
        rows = [[a, float(i == 1), y] for i, (a, _, y) in enumerate(pairs())]
        data = self.csv("c.csv", ["a", "c", "y"], rows)
        words = ["--targets", "y", "--folds", 3]
        self.train(*words, "--whiten", "all", data=data)
        result = self.train(*words, "--whiten", 2, data=data, code=USAGE)
        self.assertRegex(result.stderr, "(?s)vary in 1 direction only.*this was fold 2\n\\Z")
        self.assertIn("fold 1 of 3", result.stdout)

    @needs("models")
    def test_best_seed__is_saved_as_its_own_run_would_be(self):
        model, log = self.path("m.safetensors"), self.path("run.jsonl")
        words = ["--targets", "y", "--whiten", 2, "--validate-last", 20, "--precision", "double"]
        found = self.log(self.pairs(), *words, "--seeds", "1,2,3", "--save", model)
        best = min(found, key=lambda line: line["validation_loss"])
        single = self.path("single.safetensors")
        self.train("--save", single, "--log", log, "--seed", best["seed"], *words,
                   data=self.pairs())
        self.assertEqual(read_model(single)[1], read_model(model)[1])
        self.assertEqual(best["validation_loss"], read_log(log)[-1]["validation_loss"])


class Resumed(NoisyCase):
    def setUp(self):
        if not has_lapack():
            self.skipTest("built without LAPACK")
        super().setUp()

    def test_resume__goes_on_to_the_same_bits(self):
        for base in ["--whiten", "0.9"], ["--whiten", 5, "--standardise", "--optimizer", "adam"]:
            self.assertCode(OK, run(*self.words("a", "--epochs", 6, *base)))
            self.assertCode(OK, run(*self.words("b", "--epochs", 2, *base)))
            result = self.assertCode(OK, run(*self.words("b", "--epochs", 6, "--resume", *base)))
            self.assertRegex(result.stderr, r"\Awhitened: .*\nresumed at epoch 3, step 0 of ")
            self.assertSameRun("a", "b")
            self.forget("a")
            self.forget("b")

    def test_another_whitening__is_another_run(self):
        base = ["--epochs", 2, "--resume", "--quiet"]
        for first, others in ((["--whiten", 64], [[], ["--whiten", 63], ["--standardise"],
                                                  ["--whiten", 64, "--standardise"]]),
                              ([], [["--whiten", 64]])):
            self.assertCode(OK, run(*self.words("a", *base, *first)))
            for other in others:
                with self.subTest(first=first, other=other):
                    self.assertRefused(FAILED, "the checkpoint is of a run with",
                                       *self.words("a", *base, *other, *(
                                           [] if other else ["--pixel-scale", 1])))
            self.forget("a")


# ---- Mistakes ------------------------------------------------------------------------------

class Mistakes(Whitened):
    def test_values(self):
        for value in ("", "0", "-1", "1.0", "1.5", "0.0", "ALL", "2,3", "nan", "90%"):
            self.refused(USAGE, "--whiten", self.data, f"--whiten={value}")

    def test_more_than_vary__names_how_many_do(self):
        log = self.path("old.jsonl")
        with open(log, "w", encoding="ascii") as file:
            file.write("old\n")
        for m in (3, 99):
            for words in [], ["--folds", 3], ["--seeds", "1,2"]:
                self.refused(USAGE, [f"--whiten {m}", "vary in 2 directions only"], self.pairs(),
                             "--targets", "y", "--whiten", m, "--log", log, *words)
        with open(log, encoding="ascii") as file:
            self.assertEqual("old\n", file.read())

    def test_inputs_that_never_change__are_refused(self):
        data = self.write("c.csv", "x,y\n0.1,1\n0.1,2\n0.1,3\n")
        for m in ("all", 1, 5, "0.5"):
            for words in [], ["--standardise"]:
                self.refused(FAILED, "no input varies", data, "--targets", "y", "--whiten", m,
                             *words)

    def test_pixel_scale__is_another_scaling(self):
        self.refused(USAGE, ["--whiten sets", "--pixel-scale"], self.data, "--whiten", "all",
                     "--pixel-scale", 255)
        self.assertEqual(self.log(self.data, "--whiten", "all"),
                         self.log(self.data, "--whiten", "all", "--pixel-scale", 1))


class WithoutLapack(Data):
    def test_build_without_lapack__says_so_before_training(self):
        if has_lapack():
            self.skipTest("built with LAPACK")
        for m in ("all", 1, 99, "0.5"):
            for words in [], ["--folds", 3]:
                self.refused(FAILED, "-Dlapack=enabled", self.data, "--whiten", m, *words)


if __name__ == "__main__":
    test_cli.main(__doc__)
