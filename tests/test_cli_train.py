#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bpblas train from outside: optimisers, schedules, early stopping, checkpoints and signals:
test_cli_train.py PATH_TO_BPBLAS

BPBLAS_TEST_KILLS=N kills runs N times with SIGKILL at random moments (12).
"""
import math
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time

import test_cli
from test_cli import (FAILED, NONFINITE, N_TRAIN, OK, TEST, TRAIN, USAGE, Case, environment, needs,
                      read_log, read_model, run, without_seconds, write_part)

METHODS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "amsgrad", "adamw",
           "irprop+", "irprop-")
SCHEDULES = ("constant", "step", "exponential", "inverse", "cosine", "plateau", "halving")
KILLS = int(os.environ.get("BPBLAS_TEST_KILLS", "12"))
VALIDATION = 100


def relabelled(labels, seed):
    """Three in ten of them are drawn anew, so that scores vary from epoch to epoch."""
    rng = random.Random(seed)
    return [rng.randrange(3) if rng.random() < 0.3 else label for label in labels]


class NoisyCase(Case):
    def setUp(self):
        super().setUp()
        write_part(self.data, "train", TRAIN[0], relabelled(TRAIN[1], 3))
        write_part(self.data, "t10k", TEST[0], relabelled(TEST[1], 4))

    def files(self, name):
        return [self.path(f"{name}.{end}") for end in ("safetensors", "jsonl", "checkpoint")]

    def words(self, name, *more):
        model, log, checkpoint = self.files(name)
        saving = ["--save", model] if test_cli.HAS_MODELS else []
        return ["train", "--data", self.data, "--log", log, *saving, "--checkpoint", checkpoint,
                *more]

    def assertSameRun(self, name, other):
        """Notes and tensors to the byte, and the log except for its times."""
        for path, other_path in zip(self.files(name)[:1], self.files(other)):
            if test_cli.HAS_MODELS:
                self.assertEqual(read_model(path), read_model(other_path))
        logs = [without_seconds(read_log(self.files(each)[1])) for each in (name, other)]
        self.assertEqual(*logs)

    def forget(self, name):
        for path in self.files(name):
            if os.path.exists(path):
                os.remove(path)


# ---- Rules -------------------------------------------------------------------------------

class Rules(Case):
    def test_optimizer__each_learns(self):
        log = self.path("run.jsonl")
        for method in METHODS:
            with self.subTest(method=method):
                self.train("--epochs", 30, "--log", log, "--optimizer", method)
                lines = read_log(log)
                self.assertLess(lines[-1]["train_loss"], 0.9 * lines[0]["train_loss"])
                self.assertGreaterEqual(lines[-1]["test_accuracy"], 0.9)

    def losses(self, *words):
        log = self.path("run.jsonl")
        self.train("--log", log, *words)
        return [line["train_loss"] for line in read_log(log)]

    def test_option__changes_what_is_learnt(self):
        for method, *words in (("momentum", "--momentum", "0.5"), ("rmsprop", "--momentum", "0.5"),
                               ("rmsprop", "--rho", "0.9"), ("rmsprop", "--centred"),
                               ("adam", "--beta1", "0.5"), ("adam", "--beta2", "0.5"),
                               ("adam", "--epsilon", "0.1"), ("adagrad", "--epsilon", "0.1"),
                               ("adamw", "--amsgrad"), ("adam", "--decay", "0.1"),
                               ("adam", "--lambda", "30"), ("irprop+", "--lambda", "30"),
                               ("sgd", "--decay", "0.01"), ("sgd", "--warmup", "1.5"),
                               ("adam", "--schedule", "inverse")):
            with self.subTest(method=method, words=words):
                base = ["--optimizer", method]
                self.assertNotEqual(self.losses(*base), self.losses(*base, *words))

    def test_documented_default__is_that_of_the_library(self):
        for words, option, value in (
                (["--optimizer", "momentum"], "--momentum", "0.9"),
                (["--optimizer", "nesterov"], "--momentum", "0.9"),
                (["--optimizer", "adam"], "--beta1", "0.9"),
                (["--optimizer", "amsgrad"], "--beta2", "0.999"),
                (["--optimizer", "adam"], "--epsilon", "1e-8"),
                (["--optimizer", "adagrad"], "--epsilon", "1e-10"),
                (["--optimizer", "adamw"], "--decay", "0.01"),
                (["--optimizer", "rmsprop"], "--rho", "0.99"),
                (["--schedule", "step", "--schedule-every", "2"], "--schedule-factor", "0.1"),
                (["--schedule", "exponential"], "--schedule-factor", "0.95"),
                (["--schedule", "step", "--epochs", "12"], "--schedule-every", "10"),
                (["--schedule", "inverse"], "--schedule-rate", "1"),
                (["--schedule", "halving", "--min-delta", "1", "--epochs", "22"],
                 "--schedule-patience", "10")):
            with self.subTest(words=words, option=option):
                self.assertEqual(self.losses(*words), self.losses(*words, option, value))

    def test_dropout__is_of_hidden_units_and_that_of_inputs_of_inputs(self):
        base = ["--layers", "64,3"]
        self.assertEqual(self.losses(*base), self.losses(*base, "--dropout", "0.5"))
        self.assertNotEqual(self.losses(*base), self.losses(*base, "--dropout-inputs", "0.5"))

    def test_clipping__is_of_the_norm_or_of_entries(self):
        """The first gradient has a norm above 0.1, and all its entries are below that."""
        words = ["--batch", "all", "--epochs", 1, "--optimizer", "momentum", "--eta", 3, "--output",
                 "sigmoid", "--loss", "squared"]
        self.assertEqual(self.losses(*words), self.losses(*words, "--clip-value", "0.1"))
        self.assertNotEqual(self.losses(*words), self.losses(*words, "--clip-norm", "0.1"))

    def test_penalties_clipping_and_dropout__change_what_is_learnt(self):
        for method, *words in (("sgd", "--lambda1", "3"), ("adam", "--lambda1", "30"),
                               ("adam", "--decay", "0.1", "--decoupled"),
                               ("momentum", "--decay", "0.1", "--decoupled"),
                               ("sgd", "--clip-norm", "0.01"), ("sgd", "--clip-value", "0.001"),
                               ("sgd", "--dropout", "0.5"), ("adam", "--dropout", "0.5"),
                               ("sgd", "--dropout-inputs", "0.2"),
                               ("adam", "--dropout-inputs", "0.2")):
            with self.subTest(method=method, words=words):
                base = ["--optimizer", method]
                without = words[:-1] if words[-1] == "--decoupled" else []
                self.assertNotEqual(self.losses(*base, *without), self.losses(*base, *words))

    def test_decay__of_a_step_is_lambda_over_n(self):
        pair = [self.losses("--precision", "double", "--optimizer", "adam", *words)
                for words in (["--decay", "0.01"], ["--lambda", N_TRAIN * 0.01])]
        for one, other in zip(*pair):
            self.assertAlmostEqual(one, other, 12)

    def test_eta__has_the_default_of_the_method(self):
        for method, eta in (("sgd", 0.5), ("momentum", 0.001), ("adagrad", 0.01), ("rmsprop", 0.01),
                            ("adam", 0.001)):
            log = self.path("run.jsonl")
            self.train("--log", log, "--optimizer", method)
            self.assertEqual(eta, read_log(log)[0]["eta"], method)

    def test_batch__of_irprop_is_all(self):
        for words in ([], ["--batch", "all"]):
            result = self.train("--optimizer", "irprop-", "--time-limit", "1e-9", *words)
            self.assertIn("epoch 1, step 1 of 1:", result.stdout)

    def test_batch_all__is_one_step_an_epoch(self):
        result = self.train("--time-limit", "1e-9", "--batch", "all")
        self.assertIn("epoch 1, step 1 of 1:", result.stdout)

    def etas(self, *words):
        log = self.path("run.jsonl")
        self.train("--log", log, "--batch", 75, "--epochs", 6, *words)
        return [line["eta"] for line in read_log(log)]

    def test_schedule__has_the_documented_eta(self):
        """Of an epoch's last step: x = epoch - 1/4."""
        expected = {
            "constant": lambda x: 2,
            "step": lambda x: 2 * 0.5 ** math.floor(x / 2),
            "exponential": lambda x: 2 * 0.5 ** x,
            "inverse": lambda x: 2 / (1 + 3 * x),
            "cosine": lambda x: 0.5 + 1.5 / 2 * (1 + math.cos(math.pi * x / 6)),
        }
        words = {"step": ["--schedule-factor", 0.5, "--schedule-every", 2],
                 "exponential": ["--schedule-factor", 0.5], "inverse": ["--schedule-rate", 3],
                 "cosine": ["--eta-min", 0.5]}
        for name, eta in expected.items():
            with self.subTest(schedule=name):
                got = self.etas("--eta", 2, "--schedule", name, *words.get(name, []))
                for epoch, value in enumerate(got, 1):
                    self.assertAlmostEqual(eta(epoch - 0.25), value, 12)

    def test_warmup__rises_in_equal_steps(self):
        got = self.etas("--eta", 2, "--warmup", 4)
        for epoch, value in enumerate(got, 1):
            self.assertAlmostEqual(2 * min(4 * epoch / 16, 1), value, 12)

    def test_plateau__lowers_eta(self):
        """A gain of 1 is out of reach: every epoch but the first is no better."""
        words = ["--schedule-patience", 2, "--min-delta", 1, "--epochs", 8]
        self.assertEqual([2, 2, 2, 1, 1, 0.5, 0.5, 0.5],
                         self.etas("--eta", 2, "--schedule", "plateau", "--schedule-factor", 0.5,
                                   "--eta-min", 0.5, *words))

    def test_halving__ends_the_run(self):
        log = self.path("run.jsonl")
        result = self.train("--epochs", 99, "--log", log, "--eta", 2, "--schedule", "halving",
                            "--schedule-patience", 1, "--min-delta", 1)
        self.assertEqual([2] * 2 + [2 / 2 ** k for k in range(1, 7)],
                         [line["eta"] for line in read_log(log)])
        self.assertIn("\nended after epoch 8: eta has reached its minimum", result.stdout)

    def test_every_schedule__learns(self):
        for name in SCHEDULES:
            log = self.path("run.jsonl")
            self.train("--epochs", 20, "--log", log, "--schedule", name)
            self.assertGreaterEqual(read_log(log)[-1]["test_accuracy"], 0.95, name)


# ---- Options that do not go together -------------------------------------------------------

class Refused(Case):
    def refuse(self, mentions, *words, code=USAGE):
        self.assertRefused(code, mentions, "train", "--data", self.data, *words)

    def test_options_without_their_method(self):
        for option, method in (("momentum", "sgd"), ("momentum", "adam"), ("beta1", "sgd"),
                               ("beta2", "rmsprop"), ("rho", "adam"), ("epsilon", "sgd"),
                               ("epsilon", "irprop+")):
            self.refuse(f"--{option} cannot be used with --optimizer {method}: it applies to ",
                        f"--{option}", "0.5", "--optimizer", method)
        self.refuse("applies to rmsprop", "--centred")
        self.refuse("--optimizer amsgrad", "--amsgrad", "--optimizer", "adam")

    def test_options_without_their_schedule(self):
        for option, schedule in (("factor", "cosine"), ("factor", "constant"), ("every", "cosine"),
                                 ("rate", "step")):
            self.refuse(f"--schedule-{option} cannot be used with --schedule {schedule}",
                        f"--schedule-{option}", "0.5", "--schedule", schedule)
        self.refuse("plateau and halving", "--schedule-patience", 3)
        self.refuse("--eta-min", "--eta-min", "0.1", "--schedule", "step")
        self.refuse("--eta-min is 0.1; it must be at least 0 and at most eta, 0.001", "--eta-min", "0.1", "--schedule", "cosine", "--optimizer",
                    "adam")

    def test_irprop(self):
        for words in (["--eta", 1], ["--schedule", "cosine"], ["--warmup", 1],
                      ["--decoupled", "--decay", 1]):
            self.refuse(f"{words[0]} ", "--optimizer", "irprop+", *words)
        self.refuse("--batch is 10; it must be", "--optimizer", "irprop-", "--batch", 10)

    def test_scores(self):
        for words in (["--patience", 3], ["--keep-best"], ["--target-loss", 1],
                      ["--schedule", "plateau"], ["--schedule", "halving"]):
            self.refuse(words[0], "--no-train-score", *words)
            self.train("--no-train-score", "--validate-last", 50, *words)
        self.refuse("--patience", "--by-loss")
        self.refuse("--patience", "--min-delta", 1)

    def test_decay(self):
        self.refuse("--lambda1", "--decoupled")
        self.train("--decoupled", "--optimizer", "adamw")

    def test_numbers_beyond_the_precision(self):
        words = ["--optimizer", "adam", "--epsilon", "1e-40"]
        self.refuse("--epsilon is 1e-40; it must be 0, or at least 1.17", *words)
        self.train("--precision", "double", *words)
        self.refuse("--eta", "--optimizer", "adam", "--eta", "1e39")
        self.refuse("--clip-norm", "--clip-norm", "1e-40")
        self.refuse("--clip-value", "--clip-value", "1e-40")

    def test_checkpoint(self):
        for words in (["--resume"], ["--checkpoint-steps", 1], ["--checkpoint-seconds", 1]):
            self.refuse("requires --checkpoint", *words)
        for option in ("--log", "--save"):
            self.refuse("same file", "--checkpoint", "c", option, "c")
        self.refuse("folder", "--checkpoint", self.path("no/c"), code=FAILED)
        self.refuse("folder", "--checkpoint", self.folder, code=FAILED)
        self.refuse("regular", "--checkpoint", "/dev/null", code=FAILED)

    def test_values(self):
        wrong = {
            "--optimizer": ["Adam", "", "irprop"], "--schedule": ["own", "", "Cosine"],
            "--momentum": ["0", "1", "-0.5", "x"], "--beta1": ["0", "1"], "--beta2": ["1.5"],
            "--rho": ["1"], "--epsilon": ["0", "-1"], "--decay": ["0", "-1"], "--lambda1": ["-1"],
            "--clip-norm": ["0", "inf"], "--clip-value": ["0", "nan"], "--dropout": ["1", "-0.1"],
            "--dropout-inputs": ["1", "x"], "--schedule-factor": ["0", "1"],
            "--schedule-every": ["0"], "--schedule-rate": ["-1"], "--schedule-patience": ["0"],
            "--eta-min": ["-1"], "--warmup": ["-1"], "--patience": ["0", "1.5"],
            "--min-delta": ["-1"], "--target-loss": ["0", "--1", "-", "x"],
            "--time-limit": ["0", "-1"], "--checkpoint": [""], "--checkpoint-steps": ["0"],
            "--checkpoint-seconds": ["0"], "--resume": ["yes"], "--batch": ["ALL", "0"],
        }
        for option, values in wrong.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.refuse(option, f"{option}={value}")

    def test_help__names_the_defaults(self):
        text = " ".join(run("train", "--help").stdout.split())
        for mention in ("default sgd", "default constant", "default for sgd 3.0",
                        "default 10, or all for irprop", "--optimizer NAME", "--checkpoint FILE",
                        "(with --checkpoint)", "default 0.9", "--resume"):
            self.assertIn(mention, text)


# ---- The end of a run ----------------------------------------------------------------------

class Ends(NoisyCase):
    def judged(self, key, *words):
        """Log, summary, and the first epoch with the best value of the key."""
        log = self.path("run.jsonl")
        saving = ["--save", self.path("m.safetensors")] if test_cli.HAS_MODELS else []
        result = self.train("--epochs", 60, "--validate-last", VALIDATION, "--eta", 1, "--log", log,
                            *saving, *words)
        lines = read_log(log)
        values = [line[key] for line in lines]
        best = max(values) if key.endswith("accuracy") else min(values)
        return lines, result.stdout, 1 + values.index(best)

    def assertKept(self, line):
        """The saved model has the scores of that line, and says so."""
        if not test_cli.HAS_MODELS:
            return
        model = self.path("m.safetensors")
        notes = read_model(model)[0]["__metadata__"]
        self.assertEqual(str(line["epoch"]), notes["epoch"])
        self.assertEqual(line["test_loss"], float(notes["test_loss"]))
        result = self.assertCode(OK, run("eval", "--model", model, "--data", self.data))
        loss = float(re.search(r"^loss (\S+)$", result.stdout, re.M)[1])
        self.assertAlmostEqual(1, line["test_loss"] / loss, 7)

    def test_patience__ends_and_keeps_the_best(self):
        for key, words in (("validation_accuracy", []), ("validation_loss", ["--by-loss"])):
            with self.subTest(key=key):
                lines, out, best = self.judged(key, "--patience", 4, *words)
                self.assertEqual(best + 4, len(lines))
                self.assertLess(len(lines), 60)
                self.assertEqual(best, lines[-1]["best_epoch"])
                kind = key.replace("_", " ")
                self.assertIn(f"\nended after epoch {best + 4}: no better {kind} in 4 epochs", out)
                self.assertIn(f"\nthe weights are those of epoch {best}, which has the best "
                              f"{kind}\n", out)
                self.assertTrue(out.startswith(
                    f"test accuracy {lines[best - 1]['test_accuracy']:.4f} (best "), out)
                self.assertNotEqual(lines[best - 1]["test_loss"], lines[-1]["test_loss"])
                self.assertKept(lines[best - 1])

    def test_keep_best__runs_to_the_end(self):
        lines, out, best = self.judged("validation_accuracy", "--keep-best")
        self.assertEqual(60, len(lines))
        self.assertNotIn("ended", out)
        self.assertIn(f"those of epoch {best},", out)
        self.assertKept(lines[best - 1])

    def test_without__the_last_weights_stay(self):
        lines, out, _ = self.judged("validation_accuracy")
        self.assertEqual(1, out.count("\n"))
        self.assertNotIn("best_epoch", lines[-1])
        self.assertKept(lines[-1])

    def test_min_delta__asks_for_more(self):
        lines, _, _ = self.judged("validation_accuracy", "--patience", 3, "--min-delta", 1)
        self.assertEqual((4, 1), (len(lines), lines[-1]["best_epoch"]))

    def test_target_loss__ends_the_run(self):
        lines, out, _ = self.judged("validation_loss", "--target-loss", "0.3", "--loss", "squared")
        self.assertTrue(all(line["validation_loss"] > 0.3 for line in lines[:-1]))
        self.assertLessEqual(lines[-1]["validation_loss"], 0.3)
        self.assertIn(f"\nended after epoch {len(lines)}: the loss has reached --target-loss", out)
        self.assertKept(lines[-1])

    @needs("models")
    def test_time_limit__ends_within_an_epoch_and_scores_what_is_saved(self):
        log, model = self.path("run.jsonl"), self.path("m.safetensors")
        result = self.train("--time-limit", "1e-9", "--log", log, "--save", model)
        self.assertEqual([], read_log(log))
        self.assertIn("\nended in epoch 1, step 1 of 30: --time-limit 1e-09\n", result.stdout)
        loss = float(read_model(model)[0]["__metadata__"]["test_loss"])
        shown = run("eval", "--model", model, "--data", self.data).stdout
        self.assertAlmostEqual(1, loss / float(re.search(r"^loss (\S+)$", shown, re.M)[1]), 7)
        accuracy = float(re.search(r"\((\d+) of", shown)[1]) / len(TEST[1])
        self.assertAlmostEqual(accuracy, float(result.stdout.split()[2]), 5)

    def test_nothing_kept__is_told_once(self):
        note = "note: without --save"
        self.assertEqual(1, self.train().stderr.count(note))
        self.assertNotIn(note, self.train("--quiet").stderr)
        self.assertNotIn(note, self.train("--checkpoint", self.path("c")).stderr)
        if test_cli.HAS_MODELS:
            self.assertNotIn(note, self.train("--save", self.path("m")).stderr)

    def test_divergence__says_where(self):
        words = ["--activation", "relu", "--output", "identity", "--eta", "1e6"]
        result = self.train("--quiet", *words, code=NONFINITE)
        self.assertRegex(result.stderr, r"epoch \d+, mini-batch \d+: .*(layer|weights are lost).*"
                                        r"--eta than 1e\+06.* No model is saved")

    def test_divergence_with_checkpoint__leads_to_the_last_good_weights(self):
        """A rate that is too large, after a warm-up that is slow enough for one good epoch."""
        model, log, _ = self.files("a")
        words = self.words("a", "--quiet", "--activation", "relu", "--output", "identity", "--eta",
                           "1e5", "--warmup", 3e6)
        result = self.assertCode(NONFINITE, run(*words, "--epochs", 3000))
        epochs = int(re.search(r"--resume --epochs (\d+)", result.stderr)[1])
        self.assertFalse(os.path.exists(model))
        self.assertEqual(epochs, len(read_log(log)))
        self.assertCode(OK, run(*words, "--resume", "--epochs", epochs))
        self.assertEqual(test_cli.HAS_MODELS, os.path.exists(model))


# ---- Checkpoints ---------------------------------------------------------------------------

def small_files():
    """As though the disk were full behind the first few lines of the log."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


class Checkpoints(NoisyCase):
    def test_resume__without_a_file_begins(self):
        self.assertCode(OK, run(*self.words("a", "--epochs", 3)))
        result = self.assertCode(OK, run(*self.words("b", "--epochs", 3, "--resume")))
        self.assertNotIn("resumed", result.stderr)
        self.assertSameRun("a", "b")

    def test_resume__of_a_finished_run_ends_the_same(self):
        words = self.words("a", "--epochs", 4, "--patience", 2)
        self.assertCode(OK, run(*words))
        for path, copy in zip(self.files("a"), self.files("b")):
            if os.path.exists(path):
                shutil.copy(path, copy)
        result = self.assertCode(OK, run(*words, "--resume"))
        self.assertRegex(result.stderr, r"\Aresumed at the end of the run in .*a\.checkpoint: .* --epochs .*\n\Z")
        self.assertSameRun("a", "b")
        with open(self.files("a")[1], encoding="ascii") as a, \
                open(self.files("b")[1], encoding="ascii") as b:
            self.assertEqual(a.read(), b.read())  # seconds too: they are those of the file

    def test_resume__goes_on_with_more_epochs(self):
        self.assertCode(OK, run(*self.words("a", "--epochs", 9, "--optimizer", "adam")))
        self.assertCode(OK, run(*self.words("b", "--epochs", 4, "--optimizer", "adam")))
        result = self.assertCode(OK, run(*self.words("b", "--epochs", 9, "--optimizer", "adam",
                                                     "--resume")))
        lines = result.stderr.splitlines()
        self.assertEqual(6, len(lines), result.stderr)
        self.assertRegex(lines[0], r"\Aresumed at epoch 5, step 0 of .*b\.checkpoint\Z")
        self.assertTrue(lines[1].startswith("epoch 5/9"))
        self.assertSameRun("a", "b")

    def test_resume__within_an_epoch(self):
        """Stopped by the clock after every step."""
        base = ["--epochs", 2, "--batch", 60, "--patience", 5]
        self.assertCode(OK, run(*self.words("a", *base)))
        words = self.words("b", *base, "--resume")
        for step in range(1, 10):
            result = self.assertCode(OK, run(*words, "--time-limit", "1e-9"))
            self.assertIn(f"ended in epoch {(step - 1) // 5 + 1}, step {(step - 1) % 5 + 1} of 5",
                          result.stdout)
            self.assertEqual(step > 1, "resumed at" in result.stderr)
        result = self.assertCode(OK, run(*words))
        self.assertIn("resumed at epoch 2, step 4 of", result.stderr)
        self.assertSameRun("a", "b")

    def test_without_resume__an_old_file_is_left_alone(self):
        words = self.words("a", "--epochs", 2)
        self.assertCode(OK, run(*words))
        with open(self.files("a")[2], "rb") as file:
            before = file.read()
        self.assertRefused(USAGE, "--resume", *words)
        with open(self.files("a")[2], "rb") as file:
            self.assertEqual(before, file.read())

    def test_another_run__is_refused_and_keeps_its_log(self):
        words = self.words("a", "--epochs", 2, "--optimizer", "adam", "--resume")
        self.assertCode(OK, run(*words))
        log = read_log(self.files("a")[1])
        for more, mention in (
                (["--seed", 2], "seed 1, not 2"), (["--batch", 20], "batch 10, not 20"),
                (["--layers", "64,20,3"], "layer 1 of 30 units, not 20"),
                (["--activation", "tanh"], "other activations"),
                (["--precision", "double"], "in float, not double"),
                (["--pixel-scale", 256], "another scaling"),
                (["--optimizer", "amsgrad"], "amsgrad 0, not 1"),
                (["--beta1", "0.8"], "beta1 0.9, not 0.8"),
                (["--validate-last", 10], "columns 300, not 290")):
            with self.subTest(more=more):
                self.assertRefused(FAILED, "the checkpoint is of a run", *words, *more)
                self.assertRefused(FAILED, mention, *words, *more)
                self.assertEqual(log, read_log(self.files("a")[1]))

    def test_broken_file__is_refused_and_named(self):
        words = self.words("a", "--epochs", 2, "--quiet", "--resume")
        checkpoint = self.files("a")[2]
        self.assertCode(OK, run(*words))
        with open(checkpoint, "rb") as file:
            good = file.read()
        newer = good[:8] + b"\2" + good[9:]
        bad = [(good[:n], f"ends after {n} ") for n in (0, 1, 23, 24, 200, len(good) - 1)]
        bad += [(good + b"x", "bytes after its end"), (b"x" + good[1:], "not a checkpoint"),
                (newer, "version")]
        for at in random.Random(5).sample(range(24, len(good)), 40):
            flipped = bytes([good[at] ^ 1 << at % 8])
            bad.append((good[:at] + flipped + good[at + 1:], "checksum"))
        for content, mention in bad:
            with open(checkpoint, "wb") as file:
                file.write(content)
            self.assertRefused(FAILED, "a.checkpoint", *words)
            self.assertRefused(FAILED, mention, *words)
        with open(checkpoint, "wb") as file:
            file.write(good)
        self.assertCode(OK, run(*words))

    def test_failed_write__leaves_the_old_one_and_ends_the_run(self):
        base = ["--epochs", 6, "--optimizer", "adam"]
        self.assertCode(OK, run(*self.words("a", *base)))
        self.assertCode(OK, run(*self.words("b", "--epochs", 2, "--optimizer", "adam")))
        model, log, checkpoint = self.files("b")
        with open(checkpoint, "rb") as file:
            before = file.read()
        for path in (model, log):
            if os.path.exists(path):
                os.remove(path)
        words = self.words("b", *base, "--resume", "--quiet")
        result = self.assertCode(FAILED, run(*words, preexec_fn=small_files))
        self.assertRegex(result.stderr, r"\Abpblas: cannot write the checkpoint .*b\.checkpoint: "
                                        r".*large.*no model is saved.*--resume[^\n]*\n\Z")
        self.assertFalse(os.path.exists(model))
        self.assertEqual({"data", "b.checkpoint", "b.jsonl"} | {os.path.basename(each) for each in
                         self.files("a") if os.path.exists(each)}, set(os.listdir(self.folder)))
        with open(checkpoint, "rb") as file:
            self.assertEqual(before, file.read())
        self.assertCode(OK, run(*words))
        self.assertSameRun("a", "b")

    def test_failed_first_write__says_that_none_is_there(self):
        result = self.assertCode(FAILED, run(*self.words("a", "--quiet"), preexec_fn=small_files))
        self.assertIn("There is no checkpoint", result.stderr)


# ---- Signals ---------------------------------------------------------------------------------

def default_signals():
    """A test that runs in the background may have been given an ignored SIGINT."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def ignored_signals():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def start(*words, preexec=default_signals):
    return subprocess.Popen([test_cli.PROGRAM, *map(str, words)], env=environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=preexec)


class Signals(NoisyCase):
    SLOW = ["--layers", "64,256,3", "--batch", 1, "--epochs", 150, "--validate-last", VALIDATION,
            "--keep-best", "--eta", "0.5"]

    def wait_for_log(self, name, lines):
        """The name's run has written this many lines."""
        log = self.files(name)[1]
        for _ in range(20000):
            if os.path.exists(log) and len(open(log, "rb").read().splitlines()) >= lines:
                return
            time.sleep(0.001)
        self.fail("the run does not begin")

    def stop(self, number, process):
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.assertEqual(128 + number, process.returncode, out + err)
        self.assertEqual("", out)
        return err

    def test_stopped_run__goes_on_to_the_same_end(self):
        words = ["--optimizer", "momentum", "--schedule", "cosine", *self.SLOW, "--quiet"]
        self.assertCode(OK, run(*self.words("a", *words)))
        process = start(*self.words("b", *words))
        for lines, number in ((3, signal.SIGINT), (30, signal.SIGTERM), (60, signal.SIGINT)):
            self.wait_for_log("b", lines)
            error = self.stop(number, process)
            self.assertRegex(error, rf"\Abpblas: stopped by {number.name} in epoch \d+, step \d+ "
                                    r"of 200: no model is saved; \S+b\.checkpoint holds the run, "
                                    r"and the same command "
                                    rf"{'with --resume' if lines == 3 else 'again'} resumes it")
            self.assertFalse(os.path.exists(self.files("b")[0]))
            process = start(*self.words("b", *words, "--resume"))
        out, err = process.communicate(timeout=60)
        self.assertEqual((OK, ""), (process.returncode, err), out)
        self.assertSameRun("a", "b")

    LONG_EPOCH = ["--layers", "64,4000,3", "--batch", 1, "--threads", 1]

    def test_signal__stops_within_an_epoch(self):
        process = start("train", "--data", self.data, *self.LONG_EPOCH)
        self.assertIn("note", process.stderr.readline())
        error = self.stop(signal.SIGINT, process)
        step = re.search(r"stopped by SIGINT in epoch 1, step (\d+) of 300: ", error)
        self.assertLess(int(step[1]), 300)

    def test_checkpoint__is_written_within_an_epoch_where_that_is_asked_for(self):
        for words in (["--checkpoint-steps", 3], ["--checkpoint-seconds", "0.001"]):
            with self.subTest(words=words):
                self.forget("a")
                log, checkpoint = self.files("a")[1:]
                process = start(*self.words("a", *self.LONG_EPOCH, *words))
                while not os.path.exists(checkpoint) and process.poll() is None:
                    time.sleep(0.001)
                process.kill()
                process.communicate(timeout=60)
                self.assertEqual([], read_log(log))
                result = run(*self.words("a", *self.LONG_EPOCH, "--resume", "--time-limit", "1e-9"))
                step = int(re.search(r"resumed at epoch 1, step (\d+) of", result.stderr)[1])
                self.assertGreater(step, 0)
                if words[0] == "--checkpoint-steps":
                    self.assertEqual(0, step % 3)

    def test_without_checkpoint__nothing_is_kept(self):
        log, model = self.files("a")[1], self.files("a")[0]
        saving = ["--save", model] if test_cli.HAS_MODELS else []
        process = start("train", "--data", self.data, "--log", log, *saving, *self.SLOW)
        self.wait_for_log("a", 2)
        error = self.stop(signal.SIGTERM, process)
        self.assertIn("the run is lost and no model is saved; with --checkpoint", error)
        self.assertFalse(os.path.exists(model))

    def signal_twice(self):
        process = start("train", "--data", self.data, "--layers", "64,3000,3000,3", "--batch",
                        "all", "--threads", 1)
        self.assertIn("note", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        return process.returncode

    def test_second_signal__ends_at_once(self):
        """While the steps of a large net take long; the note tells that the first is done. On a busy
        machine the step may end between the two."""
        codes = []
        while -signal.SIGTERM not in codes and len(codes) < 20:
            codes.append(self.signal_twice())
            self.assertIn(codes[-1], (-signal.SIGTERM, 128 + signal.SIGINT))
        self.assertEqual(-signal.SIGTERM, codes[-1])

    def test_ignored_signals__stay_ignored(self):
        process = start(*self.words("a", *self.SLOW), preexec=ignored_signals)
        self.wait_for_log("a", 2)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(OK, process.returncode)

    def test_killed_run__always_goes_on_to_the_same_end(self):
        """The large net is one for which a batch of all samples pays for two threads."""
        small = ["--layers", "64,20,3", "--batch", 30, "--epochs", 6, "--patience", 4]
        large = ["--layers", "64,400,3", "--batch", 150, "--epochs", 10]
        rng, seconds = random.Random(), 0.2
        cases = [(small, "float", "adam", 1), (small, "double", "sgd", 1),
                 (large, "float", "sgd", 2), (large, "double", "adam", 2)]
        for i, (size, precision, method, threads) in enumerate(cases):
            words = [*size, "--precision", precision, "--optimizer", method, "--threads", threads,
                     "--quiet"]
            with self.subTest(words=words):
                self.assertCode(OK, run(*self.words("a", *words)))
                words = self.words("b", *words, "--checkpoint-steps", 1, "--resume")
                kills, resumed = -(-(KILLS - i) // len(cases)), 0
                while kills > 0:
                    process = start(*words)
                    time.sleep(rng.uniform(0, seconds))
                    process.kill()
                    process.communicate(timeout=60)
                    self.assertIn(process.returncode, (OK, -signal.SIGKILL))
                    kills -= process.returncode == -signal.SIGKILL
                    resumed += os.path.exists(self.files("b")[2])
                    if process.returncode == OK:
                        self.assertSameRun("a", "b")
                        self.forget("b")
                self.assertCode(OK, run(*words))
                self.assertSameRun("a", "b")
                self.forget("a")
                self.forget("b")
                print(f"{method} {precision}, {threads} threads: {resumed} resumed")


if __name__ == "__main__":
    test_cli.main(__doc__)
