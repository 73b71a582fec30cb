#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bpblas plot from outside: test_plot.py PATH_TO_BPBLAS

A gnuplot that writes down its script stands in for the real one, where that is what is looked at;
pictures are made where gnuplot is installed."""
import os
import re
import shutil
import struct
import unittest

import test_cli
from test_cli import FAILED, OK, USAGE, Case, environment, run, write

SIGNATURES = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}
CLASSES = ('{"epoch": 1, "eta": 3, "train_loss": 1, "train_accuracy": 0.5, "test_loss": 0.75, '
           '"test_accuracy": 0.625, "seconds": 0.1}\n'
           '{"epoch": 2, "eta": 3, "train_loss": 0.01, "train_accuracy": 0.875, "test_loss": null, '
           '"test_accuracy": 0.75, "seconds": 0.1}\n')
NUMBERS = ('{"epoch": 1, "train_loss": 0.5, "validation_loss": 0.625}\n'
           '{"epoch": 2, "train_loss": 0.25, "validation_loss": 0.375}\n')


class Plot(Case):
    def setUp(self):
        super().setUp()
        if not test_cli.HAS_MODELS:
            self.skipTest("built without JSON")
        self.log = write(self.folder, "run.jsonl", CLASSES.encode())
        self.other = write(self.folder, "it's \"other\".jsonl", NUMBERS.encode())

    def needs_gnuplot(self):
        if not shutil.which("gnuplot"):
            self.skipTest("no gnuplot")

    def stand_in(self, script):
        """An environment in which gnuplot is this shell script."""
        folder = self.path("bin")
        os.makedirs(folder, exist_ok=True)
        os.chmod(write(folder, "gnuplot", b"#!/bin/sh\n" + script.encode()), 0o755)
        return environment(PATH=folder + ":" + os.environ["PATH"])

    def script(self, *logs):
        """What gnuplot would have been told."""
        out = self.path("picture.png")
        self.assertCode(OK, run("plot", *logs, "-o", out, env=self.stand_in("cat\n")))
        with open(out, encoding="utf-8") as file:
            return file.read()

    def assertNothingLeft(self, *names):
        expected = {"data", "bin", "run.jsonl", "it's \"other\".jsonl", *names}
        self.assertLessEqual(set(os.listdir(self.folder)), expected)


class WithoutJson(Case):
    def test_build_without_json__says_so(self):
        if test_cli.HAS_MODELS:
            self.skipTest("built with JSON")
        log = write(self.folder, "run.jsonl", CLASSES.encode())
        self.assertRefused(FAILED, "-Djson=enabled", "plot", log, "-o", self.path("a.png"))


class Pictures(Plot):
    def test_one_and_two_logs__become_pictures_of_each_kind(self):
        self.needs_gnuplot()
        for ending, signature in SIGNATURES.items():
            for logs in ([self.log], [self.log, self.other], [self.other]):
                out = self.path("curves" + ending)
                result = self.assertCode(OK, run("plot", *logs, "-o", out))
                self.assertEqual("", result.stdout)
                with open(out, "rb") as file:
                    content = file.read()
                self.assertTrue(content.startswith(signature), (ending, content[:20]))
                self.assertGreater(len(content), 2000)
        self.assertNothingLeft("curves.png", "curves.svg", "curves.pdf")

    def test_png__has_its_size_and_its_end(self):
        self.needs_gnuplot()
        out = self.path("curves.png")
        self.assertCode(OK, run("plot", self.log, "-o", out))
        with open(out, "rb") as file:
            content = file.read()
        self.assertEqual((960, 720), struct.unpack(">II", content[16:24]))
        self.assertIn(b"IEND", content[-12:])

    def test_log_of_a_run__is_drawn(self):
        self.needs_gnuplot()
        log, out = self.path("run.jsonl"), self.path("run.svg")
        self.train("--log", log, "--validate-last", 50)
        self.assertCode(OK, run("plot", log, "-o", out))
        with open(out, encoding="utf-8") as file:
            text = file.read()
        for word in ("train", "validation", "test", "loss", "accuracy", "epoch"):
            self.assertIn(word, text)

    def test_names_of_files__are_not_commands(self):
        self.needs_gnuplot()
        log = self.path("'; system 'touch made' #`touch made`.jsonl")
        shutil.copy(self.log, log)
        out = self.path("x'$(touch made)`touch made`.png")
        self.assertCode(OK, run("plot", log, self.log, "-o", out, cwd=self.folder))
        self.assertTrue(os.path.exists(out))
        self.assertFalse(os.path.exists(self.path("made")))


class Scripts(Plot):
    def test_data__are_those_of_the_log(self):
        text = self.script(self.log)
        block = re.search(r"^\$log0 << END\n(.*?)^END$", text, re.M | re.S)[1]
        rows = [[float(word) for word in line.split()] for line in block.splitlines()]
        nan = "nan"
        self.assertEqual([["1.0", "1.0", nan, "0.75", "0.5", nan, "0.625"],
                          ["2.0", "0.01", nan, nan, "0.875", nan, "0.75"]],
                         [[str(value) for value in row] for row in rows])

    def test_panels__are_those_that_there_are_data_for(self):
        text = self.script(self.log)
        self.assertIn("multiplot", text)
        loss, accuracy = re.findall(r"^set ylabel '(?:loss|accuracy)'\nplot (.*)$", text, re.M)
        self.assertEqual(["2", "4"], re.findall(r"using 1:(\d)", loss))
        self.assertEqual(["5", "7"], re.findall(r"using 1:(\d)", accuracy))
        self.assertEqual(["train", "test"], re.findall("title '(.*?)'", loss))
        self.assertNotIn("multiplot", self.script(self.other))

    def test_scale__is_logarithmic_where_it_helps(self):
        self.assertIn("\nset logscale y", self.script(self.log))
        self.assertNotIn("\nset logscale y", self.script(self.other))
        zero = write(self.folder, "run.jsonl", b'{"epoch": 1, "train_loss": 5}\n'
                                               b'{"epoch": 2, "train_loss": 0}\n')
        self.assertNotIn("\nset logscale y", self.script(zero))

    def test_titles__tell_several_logs_apart(self):
        text = self.script(self.log, self.other)
        self.assertIn(f"title '{self.log}, train'", text)
        self.assertIn("title '" + self.other.replace("'", "''") + ", validation'", text)


class Mistakes(Plot):
    def refused(self, code, mentions, *words):
        for mention in [mentions] if isinstance(mentions, str) else mentions:
            self.assertRefused(code, mention, "plot", *words)

    def test_options(self):
        out = self.path("a.png")
        self.refused(USAGE, "--out", self.log)
        self.refused(USAGE, "at least one log", "-o", out)
        self.refused(USAGE, ["a.gif", ".png, .svg or .pdf"], self.log, "-o", self.path("a.gif"))
        self.refused(USAGE, "at most 16", *[self.log] * 17, "-o", out)
        self.refused(USAGE, "--zeta", self.log, "--zeta", "-o", out)
        self.assertNothingLeft()

    def test_logs(self):
        out = self.path("a.png")
        self.refused(FAILED, "nowhere", self.path("nowhere"), "-o", out)
        self.refused(FAILED, "data", self.data, "-o", out)
        bad = self.path("bad.jsonl")
        for line, problem in (('{"epoch": 2, "train_loss"', "not a JSON object"), ("[1]", "not a JSON"),
                              ('{"train_loss": 1}', "no epoch"), ("3", "not a JSON object"),
                              ('{"epoch": "2"}', "no epoch"), ("nan", "not a JSON"),
                              ('{"epoch": 2, "test_loss": "x"}', "not a number")):
            write(self.folder, "bad.jsonl", (NUMBERS + line + "\n").encode())
            self.refused(FAILED, ["bad.jsonl: line 3", problem], self.log, bad, "-o", out)
        for text in ("", "\n\n", '{"epoch": 1, "eta": 3}\n', '{"epoch": 1, "train_loss": null}\n'):
            write(self.folder, "bad.jsonl", text.encode())
            self.refused(FAILED, "no loss", bad, "-o", out)
        self.assertNothingLeft("bad.jsonl")

    def test_outputs(self):
        self.refused(FAILED, ["--out", "no/such"], self.log, "-o", self.path("no/such/a.png"))
        os.mkdir(self.path("folder.png"))
        self.refused(FAILED, "folder.png", self.log, "-o", self.path("folder.png"))
        self.assertNothingLeft("folder.png")

    def test_missing_gnuplot__is_told_with_its_package(self):
        os.mkdir(self.path("bin"))
        result = run("plot", self.log, "-o", self.path("a.png"),
                     env=environment(PATH=self.path("bin")))
        self.assertCode(FAILED, result)
        self.assertIn("gnuplot-nox", result.stderr)
        self.assertNothingLeft()

    def test_failed_gnuplot__leaves_the_old_picture(self):
        out = write(self.folder, "a.png", b"old")
        for script, mention in (("cat > /dev/null; echo half; exit 3\n", "code 3"),
                                ("exit 1\n", "code 1"), ("kill -9 $$\n", "signal"),
                                ("cat > /dev/null\n", "nothing")):
            with self.subTest(script=script):
                result = run("plot", self.log, "-o", out, env=self.stand_in(script))
                self.assertCode(FAILED, result)
                self.assertIn(mention, result.stderr)
                with open(out, "rb") as file:
                    self.assertEqual(b"old", file.read())
                self.assertNothingLeft("a.png")

    def test_gnuplot_that_reads_nothing__does_not_kill_the_program(self):
        long = write(self.folder, "long.jsonl", "".join(
            f'{{"epoch": {i}, "train_loss": {i}}}\n' for i in range(1, 20000)).encode())
        result = run("plot", long, "-o", self.path("a.png"), env=self.stand_in("exit 5\n"))
        self.assertCode(FAILED, result)
        self.assertIn("code 5", result.stderr)

    def test_rights_of_the_old_picture__are_kept(self):
        out = write(self.folder, "a.png", b"old")
        os.chmod(out, 0o640)
        self.assertCode(OK, run("plot", self.log, "-o", out, env=self.stand_in("cat\n")))
        self.assertEqual(0o640, os.stat(out).st_mode & 0o777)

    def test_help__teaches(self):
        text = run("plot", "--help").stdout
        for mention in ("usage: bpblas plot LOG... [OPTION...]", "-o, --out FILE", "gnuplot-nox"):
            self.assertIn(mention, text)
        self.assertIn("\n  plot ", run("--help").stdout)


if __name__ == "__main__":
    test_cli.main(__doc__)
