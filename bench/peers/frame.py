# SPDX-License-Identifier: BSD-3-Clause
"""Time one SGD step of the bench cases in the library and in a peer, in turn.

Two worker processes live through the run: bpblas-step (step.c) and the peer, which is the
program's own file started with --serve. Each reads one command a line from its standard input and
answers with one JSON object a line. Only one of them works at a time.
"""

import argparse
import ctypes
import datetime
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

EPSILON = 2.0**-23  # of float
CHECK_ETA = 1.0  # large, so that the change of theta stands out from the rounding of theta
CHUNKS = 64  # about how many times the clock is read in a block of short steps
ROUNDS, ROUNDS_LONG = 21, 5  # the second if a step takes longer than a block
SKIPPED = 77  # meson's and automake's exit code of a test that could not run


class Failure(Exception):
    """One line for the user. It ends the run."""


# ---- The peer's side ----------------------------------------------------------------------


class Peer:
    """The worker of a peer. A subclass supplies the methods that raise here.

    Vectors (a theta, X, T) are flat float arrays of the peer's own kind with abs(), -,
    slices, .max() and .min(). theta has the library's layout, W_l column-major.
    """

    name = ""  # for the reader
    module = ""  # what Python must be able to import
    package = ""  # Debian's name of it
    cases = ""  # by default, with commas

    def info(self):
        """{"version": ...}, and "simd" and "threads" if they are known."""
        raise NotImplementedError

    def build(self):
        """Make the net of self.shape and self.units."""
        raise NotImplementedError

    def draw(self, path):
        """Draw theta and data, keep them as the start, and write theta, X, T to path."""
        raise NotImplementedError

    def read(self, path):
        """The theta in a file."""
        raise NotImplementedError

    def theta(self):
        """The current theta."""
        raise NotImplementedError

    def restore(self):
        """Go back to the theta of the start."""
        raise NotImplementedError

    def set_eta(self, eta):
        raise NotImplementedError

    def run(self, steps):
        """Do so many steps."""
        raise NotImplementedError

    def make_case(self, shape):
        self.shape = json.loads(shape)
        self.units = [int(n) for n in self.shape["units"].split("-")]
        self.build()
        return {}

    def draw_data(self, path):
        self.draw(path)
        return {}

    def check(self, path):
        """Compare the theta after one step at CHECK_ETA with the theta in the file."""
        self.restore()
        start = self.theta()
        self.set_eta(CHECK_ETA)
        self.run(1)
        self.set_eta(self.shape["eta"])
        return {"difference": self.compare(start, self.read(path), self.theta())}

    def compare(self, start, theirs, mine):
        """The largest difference over the largest change of any W_l or b_l."""
        worst = 0.0
        for name, part in parts(self.units):
            error = different(start[part], theirs[part], mine[part], self.terms())
            if isinstance(error, str):
                raise Failure(f"after one step {name} {error}: nothing is timed")
            worst = max(worst, error)
        return worst

    def terms(self):
        """The number of terms of the longest sum in a step."""
        return max(self.units + [int(self.shape["batch"])])

    def time(self, seconds):
        """Microseconds a step, of steps from the start for so many seconds."""
        self.restore()
        count, chunk, elapsed, start = 0, 1, 0.0, time.perf_counter()
        while elapsed < float(seconds):
            if count > 0 and elapsed < float(seconds) / CHUNKS:
                chunk *= 2
            self.run(chunk)
            count += chunk
            elapsed = time.perf_counter() - start
        return {"us": 1e6 * elapsed / count, "steps": count}

    def answer(self, line):
        command, _, words = line.rstrip("\n").partition(" ")
        commands = {
            "info": lambda: dict(self.info(), **blas_in_use()),
            "case": lambda: self.make_case(words),
            "draw": lambda: self.draw_data(words),
            "check": lambda: self.check(words),
            "time": lambda: self.time(words),
        }
        try:
            return commands[command]()
        except Exception as error:
            return {"error": str(error) or type(error).__name__}


def parts(units):
    """(name, slice of theta) of W_1, b_1, W_2, ..."""
    first = 0
    for l, (n_in, n_out) in enumerate(zip(units, units[1:]), 1):
        for letter, n in (("W", n_in * n_out), ("b", n_out)):
            yield f"{letter}_{l}", slice(first, first + n)
            first += n


def different(start, theirs, mine, terms):
    """The largest difference over the largest change; a text if it is beyond the tolerance.

    The rounding of a sum grows as the root of the number of its terms. theta is rounded too.
    """
    change = mine - start
    largest, difference = float(abs(change).max()), float(abs(theirs - mine).max())
    limit = 32 * EPSILON * terms**0.5 * largest + 16 * EPSILON * float(abs(start).max())
    if not float(change.max() - change.min()) > 16 * limit:
        return f"has changed by no more than {largest:.3g}, so comparing it is void"
    if not difference <= limit:
        return f"differs by {difference:.3g}, more than {limit:.3g}"
    return difference / largest


def blas_in_use():
    """What the BLAS of this process reports. Empty: unknown."""
    found = {"blas": "", "blas_version": "", "core": ""}
    for path in mapped_libraries():
        if "openblas" in path:
            found.update(ask_openblas(path))
        elif "blas" in path or "mkl_core" in path:
            found["blas"] = found["blas"] or os.path.basename(path)
    return found


def mapped_libraries():
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            paths = {line.split(maxsplit=5)[-1].strip() for line in maps}
    except OSError:
        return []
    return sorted(os.path.realpath(path) for path in paths if ".so" in path)


def ask_openblas(path):
    try:
        library = ctypes.CDLL(path)
        core, config = library.openblas_get_corename, library.openblas_get_config
    except (OSError, AttributeError):
        return {}
    core.restype = config.restype = ctypes.c_char_p
    words = config().decode().split()
    version = words[1] if words[:1] == ["OpenBLAS"] else ""
    return {"blas": "OpenBLAS", "blas_version": version, "core": core().decode()}


def serving():
    """Whether this process is the peer's worker. The driver never loads the peer's library."""
    return sys.argv[1:2] == ["--serve"]


def serve(peer):
    for line in sys.stdin:
        print(json.dumps(peer.answer(line)), flush=True)


# ---- The driver's side ---------------------------------------------------------------------


class Worker:
    def __init__(self, name, argv, env=None):
        self.name = name
        try:
            self.process = subprocess.Popen(
                argv, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise Failure(f"{argv[0]}: {error.strerror}") from error

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failure(f"{self.name}: the worker has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(f"{self.name}: {answer['error']}")
        return answer

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()


def find_step():
    """The newest bpblas-step among the builds in this repository and in the current folder."""
    roots = {pathlib.Path(__file__).resolve().parents[2], pathlib.Path.cwd()}
    found = [path for root in roots for path in root.glob("build*/bench/peers/bpblas-step")]
    if not found:
        raise Failure("no build*/bench/peers/bpblas-step here: build it, or name it by --worker")
    return str(max(found, key=lambda path: path.stat().st_mtime))


def peer_environment(ours, threads):
    """The environment: one core for both BLAS libraries, and so many threads."""
    env = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    if ours["blas"] == "OpenBLAS" and ours["core"]:
        env["OPENBLAS_CORETYPE"] = ours["core"]
    return env


def quantile(values, share):
    """A quantile, linear between the two nearest values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def summary(values):
    return {"min": min(values), "median": quantile(values, 0.5), "blocks": values}


class Run:
    """Both workers, and the options."""

    def __init__(self, kind, options):
        self.kind, self.options, self.workers = kind, options, []
        self.ours = self.start("bpblas", [options.worker or find_step(), "--quiet"])
        self.our_info = self.ours.ask("info")
        self.theirs = self.start(
            kind.name, [sys.executable, os.path.abspath(sys.argv[0]), "--serve"],
            peer_environment(self.our_info, options.peer_threads))
        self.their_info = self.theirs.ask("info")

    def start(self, name, argv, env=None):
        self.workers.append(Worker(name, argv, env))
        return self.workers[-1]

    def end(self):
        for worker in self.workers:
            worker.end()

    def prepare(self, case):
        """Give both the same theta and data, and compare one step: (shape, largest difference)."""
        shape = self.ours.ask("case", case, self.options.threads)
        self.theirs.ask("case", json.dumps(shape))
        with tempfile.TemporaryDirectory(prefix="bpblas-peers-") as folder:
            start, after = os.path.join(folder, "start"), os.path.join(folder, "after")
            self.theirs.ask("draw", start)
            self.ours.ask("load", start)
            self.ours.ask("step", CHECK_ETA, after)
            return shape, self.theirs.ask("check", after)["difference"]

    def block(self):
        seconds = self.options.seconds
        return [worker.ask("time", seconds)["us"] for worker in (self.ours, self.theirs)]

    def measure(self, case):
        shape, difference = self.prepare(case)
        longest = max(self.block()) * 1e-6  # the first round warms up and does not count
        rounds = ROUNDS_LONG if longest > self.options.seconds else ROUNDS
        blocks = [self.block() for _ in range(self.options.rounds or rounds)]
        ours, theirs = ([round(us[i], 4) for us in blocks] for i in (0, 1))
        ratios = [b / a for a, b in blocks]
        return {
            "case": shape["case"], "units": shape["units"], "batch": int(shape["batch"]),
            "bpblas_us": summary(ours), "peer_us": summary(theirs),
            "ratio": {"median": quantile(ratios, 0.5), "quartiles":
                      [quantile(ratios, 0.25), quantile(ratios, 0.75)]},
            "rounds": len(blocks), "difference": difference}


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else "unknown"


def machine(run):
    return {
        "cpu": cpu_name(), "cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 2),
        "bpblas": dict(run.our_info, threads=run.options.threads),
        "peer": dict(run.their_info, name=run.kind.name, threads=run.options.peer_threads),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}


def describe_blas(info):
    version = " " + info["blas_version"] if info["blas_version"] else ""
    core = f", core {info['core']}" if info["core"] else ""
    return (info["blas"] or "unknown") + version + core


def describe_side(info):
    threads = info["threads"]
    kernels = f", kernels {info['simd']}" if info.get("simd") else ""
    return f"{info['version']}{kernels}, {threads} thread{'s' if threads > 1 else ''}"


def print_sheet(sheet):
    ours, theirs = sheet["bpblas"], sheet["peer"]
    lines = [
        ("CPU", f"{sheet['cpu']}, {sheet['cpus']} CPUs, load {sheet['load']} at the start"),
        ("bpblas", describe_side(ours)), ("its BLAS", describe_blas(ours)),
        (theirs["name"], describe_side(theirs)), ("its BLAS", describe_blas(theirs)),
        ("date", sheet["date"])]
    if ours["below_cpu"]:
        lines.insert(3, ("", f"BELOW THE CPU: the core should be {ours['best_core']}"))
    if describe_blas(ours) != describe_blas(theirs):
        lines.insert(-1, ("", "NOT THE SAME BLAS: the ratios compare that too"))
    print("\nmachine")
    for name, text in lines:
        print(f"  {name:<9} {text}")


HEAD = "{:<4} {:<19} {:>5}  {:^19}  {:^19}  {:^24}  {:>6}  {:>6}"
ROW = "{:<4} {:<19} {:>5}  {:>9.4g} {:>9.4g}  {:>9.4g} {:>9.4g}  {:>7.3g}  {:<15}  {:>6}  {:>6}"


def print_head(name):
    us, ratio = f"{'min':>9} {'median':>9}", f"{'median':>7}  {'quartiles':<15}"
    print(HEAD.format("", "", "", "bpblas us", name + " us", name + " / bpblas", "", "").rstrip())
    print(HEAD.format("case", "units", "batch", us, us, ratio, "rounds", "differ"))


def print_row(row):
    ours, theirs, ratio = row["bpblas_us"], row["peer_us"], row["ratio"]
    print(ROW.format(
        row["case"], row["units"], row["batch"], ours["min"], ours["median"], theirs["min"],
        theirs["median"], ratio["median"], "{:.3g} .. {:.3g}".format(*ratio["quartiles"]),
        row["rounds"], f"{row['difference']:.0e}"), flush=True)


def compare(kind, options, out):
    """Measure all cases: a table, and the lines of the JSON file."""
    run = None
    try:
        run = Run(kind, options)
        sheet = machine(run)
        out(machine=sheet)
        print_head(kind.name)
        for case in options.cases.split(","):
            row = measure_case(run, case)
            print_row(row)
            out(**row)
        print_sheet(sheet)
    finally:
        if run:
            run.end()


def measure_case(run, case):
    try:
        return run.measure(case)
    except Failure as failure:
        raise Failure(f"{case}: {failure}") from failure


def above_zero(kind):
    def number(text):
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    number.__name__ = "number over 0" if kind is float else "whole number over 0"
    return number


def read_options(kind):
    parser = argparse.ArgumentParser(
        description=f"Time one SGD step of bench cases in libbpblas and in {kind.name}, in turn.")
    count, seconds = above_zero(int), above_zero(float)
    add = parser.add_argument
    add("--cases", metavar="LIST", default=kind.cases,
        help="names with commas; default %(default)s")
    add("--rounds", metavar="N", type=count,
        help=f"a block of each side; default {ROUNDS}, or {ROUNDS_LONG} if a step takes longer "
        "than a block")
    add("--seconds", metavar="S", type=seconds, default=0.2,
        help="of a block, at least one step; default %(default)s")
    add("--threads", metavar="N", type=count, default=1,
        help="threads of libbpblas; default %(default)s")
    add("--peer-threads", metavar="N", type=count, default=1,
        help=f"threads of {kind.name}; default %(default)s")
    add("--worker", metavar="PATH",
        help="the program bpblas-step; default: the newest build*/bench/peers/bpblas-step in this "
        "repository or in the current folder")
    add("--json", metavar="FILE", help="write the machine, then each row, one JSON object a line")
    return parser.parse_args()


def write_lines(file):
    def out(**members):
        if file:
            print(json.dumps(members), file=file, flush=True)

    return out


def drive(kind):
    options = read_options(kind)
    if importlib.util.find_spec(kind.module) is None:
        print(f"skipped: this Python has no {kind.name} (Debian: {kind.package}, /usr/bin/python3)")
        return SKIPPED
    try:
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                compare(kind, options, write_lines(file))
        else:
            compare(kind, options, write_lines(None))
    except (Failure, OSError) as failure:
        print(f"{os.path.basename(sys.argv[0])}: {failure}", file=sys.stderr)
        return 1
    return 0


def main(kind):
    try:
        sys.exit(serve(kind()) if serving() else drive(kind))
    except KeyboardInterrupt:
        sys.exit(130)
