#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bring C and C++ sources from version 0.4 of libbpblas to version 0.5.

Names are replaced in code only, not in strings or comments. Calls whose arguments only move are
rewritten. What a person must change is listed as FILE:LINE: by hand: ... A second run changes
nothing. docs/from-0.4.md explains each change."""

import argparse
import bisect
import difflib
import pathlib
import re
import sys

# ---- The table ---------------------------------------------------------------------------
#
# A name "x" of a pair stands for bpb_dx and bpb_sx of 0.4. In 0.5 these are bpb_x and bpbf_x, or
# bpb_y and bpbf_y for "x:y".

TYPES = """view:out cview:view net plan work layer layer_hook opt objective source data mapped functions
activation_function loss_function""".split()

# Functions whose call needs the new name only.
SAME = """read:view_of columns find_nonfinite net_create net_destroy net_copy net_set_activation
net_set_loss net_init net_layers net_units:net_size net_parameters net_theta net_ctheta net_W net_b
net_set_note net_note net_note_key plan_create plan_destroy plan_threads plan_entry plan_wisdom
work_bytes work_init work_create work_destroy work_dropout work_layer forward vjp jvp jacobian
jacobian_vjp opt_create opt_destroy opt_step opt_loss opt_set_eta opt_eta opt_steps opt_pack opt_unpack
norm2 objective_destroy objective_gradient objective_hvp objective_gnvp predict_with train idx_read
one_hot csv_read csv_read_labels npy_read npy_write mapped_open mapped_close net_save
net_save_memory net_save_network2 net_load_network2""".split()

# Functions whose arguments T, counted from 0, are bpb_targets in 0.5. A person says of which kind.
TARGETS = {"loss": [3], "gradient": [3], "gradient_by_layer": [3], "sgd_step": [3],
           "gradient_x": [3], "hvp": [3], "gnvp": [3], "sobolev": [3, 4], "objective_create": [3],
           "check": [2], "evaluate_with": [3]}

# Functions whose call is rewritten: the new name, how the call looks. {0} is the first argument,
# {f} the new name. A float form of a "double" one is left to a person.
CALLS = {
    "cmatrix": ("samples", "{f}({0}, {2}, {1})"),
    "matrix": ("samples_out", "{f}({0}, {2}, {1})"),
    "predict": ("predict", "{f}({0}, {1}, {2}, NULL)"),
    "evaluate": ("evaluate", "{f}({0}, {1}, {2}, {3}, NULL)"),
    "net_load": ("net_load", "{f}({0}, {1}, NULL)"),
    "net_load_memory": ("net_load_memory", "{f}({0}, {1}, {2}, NULL)"),
    "moments_add": ("moments_add", "{f}({0}, {1}, 0)"),
    "net_activation": ("net_layer", "{f}({0}, {1}).activation"),
    "net_activation_name": ("net_layer", "{f}({0}, {1}).name"),
    "net_activation_parameter": ("net_layer", "{f}({0}, {1}).parameter"),
    "net_loss": ("net_loss", "{f}({0}).kind"),
    "net_loss_name": ("net_loss", "{f}({0}).name"),
    "net_loss_parameter": ("net_loss", "{f}({0}).parameter"),
    "net_targets": ("net_loss", "{f}({0}).n_targets"),
    "net_standardise_inputs": ("net_standardise_by", "{f}({0}, {1}, NULL)"),
    "net_standardise_outputs": ("net_standardise_by", "{f}({0}, NULL, {1})"),
    "net_set_input_scaling": ("net_set_scaling", "{f}({0}, BPB_INPUTS, {1}, {2})"),
    "net_set_output_scaling": ("net_set_scaling", "{f}({0}, BPB_OUTPUTS, {1}, {2})"),
    "net_input_scaling": ("net_scaling", "{f}({0}, BPB_INPUTS)"),
    "net_output_scaling": ("net_scaling", "{f}({0}, BPB_OUTPUTS)"),
}
FLOAT_SCALING = "shift and factor of a float net are double arrays"
CALL_NOTES = {name: FLOAT_SCALING for name in (
    "bpb_snet_set_input_scaling", "bpb_snet_set_output_scaling", "bpb_snet_input_scaling",
    "bpb_snet_output_scaling")}
CALL_NOTES["bpb_devaluate"] = "T: wrap in bpb_values(), bpb_classes() or bpb_labels()"
CALL_NOTES["bpb_sevaluate"] = "T: wrap in bpbf_values(), bpbf_classes() or bpbf_labels()"

# The functions of names of enums, rewritten to bpb_name. Their reverse is for a person.
ENUMS = {"activation": "ACTIVATION", "loss": "LOSS", "init": "INIT", "method": "METHOD",
         "schedule": "SCHEDULE", "check": "CHECK"}

# Functions of pairs that 0.5 does not have, or has with other arguments: the new name (NEW stands for
# bpb_ or bpbf_), what to write.
BY_HAND = {
    "sgd_update": ("", "make an optimiser of method BPB_SGD by NEWopt_create, call NEWopt_step"),
    "net_lacking": ("", "call bpb_error() after the status"),
    "net_load_with": ("net_load", "NEWnet_load(net, path, functions); bpb_error() has the name that is "
                      "missing"),
    "net_load_memory_with": ("net_load_memory", "NEWnet_load_memory(net, buffer, bytes, functions); "
                             "bpb_error() has the name that is missing"),
    "mapped_columns": ("", "n of the source that NEWmapped_source(mapped, 0, 0, &source) gives"),
    "mapped_inputs": ("", "inputs of the source that NEWmapped_source(mapped, 0, 0, &source) gives"),
    "mapped_targets": ("", "targets of the source that NEWmapped_source(mapped, 0, 0, &source) "
                       "gives"),
    "mapped_source": ("mapped_source", "NEWmapped_source(mapped, first, count, &source) returns a "
                      "status"),
}

# Whitening has one type for both precisions. NEW stands for bpb_ or bpbf_.
WHITENING_SAME = ["create", "destroy", "merge", "solve"]  # bpb_ in both precisions
WHITENING_PAIRS = ["add", "apply", "fold"]                # bpbf_ with float data
WHITENING_BY_HAND = {
    "pack": ("bpb_whitening_pack", "bpb_whitening_pack(whitening, buffer, capacity, &n)"),
    "unpack": ("bpb_whitening_unpack", "sums that 0.4 packed lack eps_X and are refused"),
    "size": ("", "bpb_whitening_pack(whitening, NULL, 0, &n) sets n"),
    "components": ("", "m of bpb_whitening_solution"),
    "mean": ("", "mean of bpb_whitening_solution"),
    "variances": ("", "variances of bpb_whitening_solution"),
    "K": ("", "K of bpb_whitening_solution, a bpb_view also if the data are float"),
}

# Types that were renamed because a function of 0.5 has their name.
TYPES_RENAMED = {"bpb_loss": "bpb_loss_kind", "bpb_check": "bpb_check_kind",
                 "bpb_plan_entry": "bpb_plan_choice"}

CONSTANTS_BY_HAND = {
    "BPB_AMSGRAD": ".method = BPB_ADAM, .tuning.amsgrad = 1",
    "BPB_ADAMW": ".method = BPB_ADAM, .decoupled = 1; decay has no default other than 0",
}

# Fields: struct, old field, new field, what to do. The script changes the first two where they are in
# an initialiser of bpb_net_options.
TUNING = """momentum eta_decay rho centred beta1 beta2 epsilon amsgrad clip_value clip_norm eta_plus
eta_minus delta_0 delta_min delta_max""".split()
FIELDS = [
    ("bpb_net_options", "units", "sizes", ""),
    ("bpb_net_options", "n_layers", "n_sizes", "one more than n_layers"),
    ("bpb_dcview", "weights", "bpb_targets.weights", "inputs have no weights"),
    ("bpb_dcview", "masked", "bpb_targets.masked", "inputs have no such field"),
    ("bpb_ddata", "X", "train.X", ""),
    ("bpb_ddata", "T", "train.T", "bpb_targets"),
    ("bpb_ddata", "source", "train.source", ""),
    ("bpb_ddata", "X_validation", "validation.X", ""),
    ("bpb_ddata", "T_validation", "validation.T", "bpb_targets"),
    ("bpb_ddata", "source_validation", "validation.source", ""),
    ("bpb_ddata", "X_test", "test.X", ""),
    ("bpb_ddata", "T_test", "test.T", "bpb_targets"),
    ("bpb_ddata", "source_test", "test.source", ""),
    ("bpb_score", "masked", "judged", "judged is columns - masked"),
    ("bpb_train_options", "optimiser", "method, decoupled, tuning", "decay is lambda / n"),
] + [("bpb_opt_options", name, "tuning." + name, "") for name in TUNING]


def pairs(names):
    """(old, new) of bpb_d... and of bpb_s... for each entry "x" or "x:y"."""
    for entry in names:
        old, _, new = entry.partition(":")
        yield "bpb_d" + old, "bpb_" + (new or old)
        yield "bpb_s" + old, "bpbf_" + (new or old)


def argument_note(indices):
    which = " and ".join(["T", "dT"][:len(indices)])
    return f"{which}: wrap in NEWvalues(), NEWclasses() or NEWlabels()"


def table():
    """Every name of 0.4 that changed: old, (kind, new name or "", how). Kinds: "name" and
    "type" need the name only, "call" is rewritten by the script, "targets" has the new name and needs
    a person, "hand" is left to a person."""
    rows = {}
    for old, new in [*pairs(TYPES), *pairs(SAME)]:
        rows[old] = ("name", new, "")
    for name, indices in TARGETS.items():
        for old, new in pairs([name]):
            rows[old] = ("targets", new, argument_note(indices))
    for name, (new_name, form) in CALLS.items():
        for old, new in pairs([name + ":" + new_name]):
            rows[old] = ("call", new, form)
    for name, (new_name, note) in BY_HAND.items():
        for old, new in pairs([name + ":" + new_name]):
            rows[old] = ("hand", new if new_name else "", note)
    for kind in "ds":
        rows[f"bpb_{kind}whitening"] = ("name", "bpb_whitening", "")
        for name in WHITENING_SAME:
            rows[f"bpb_{kind}whitening_{name}"] = ("name", "bpb_whitening_" + name, "")
        for name, (new, note) in WHITENING_BY_HAND.items():
            rows[f"bpb_{kind}whitening_{name}"] = ("hand", new, note)
    for old, new in pairs("whitening_" + name for name in WHITENING_PAIRS):
        rows[old] = ("name", new, "")
    for name, of in ENUMS.items():
        rows[f"bpb_{name}_name"] = ("call", "bpb_name", "{f}(BPB_NAMES_%s, {0})" % of)
        if name != "check":
            rows[f"bpb_{name}_from_name"] = (
                "hand", "bpb_value_of_name", f"int value; bpb_value_of_name(BPB_NAMES_{of}, name, &value)")
    for old, new in TYPES_RENAMED.items():
        rows[old] = ("type", new, "")
    for old, note in CONSTANTS_BY_HAND.items():
        rows[old] = ("hand", "", note)
    return {old: (kind, new, spell(how, old)) for old, (kind, new, how) in rows.items()}


def spell(how, old):
    return how.replace("NEW", "bpbf_" if old.startswith("bpb_s") else "bpb_")


# ---- Tokens ------------------------------------------------------------------------------

TOKEN = re.compile(r"""
    (?P<skip>//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z)|[LuU]?8?"(?:\\.|[^"\\\n])*"|[LuU]?'(?:\\.|[^'\\\n])*'
        |^[ \t]*\#[ \t]*(?:include|error|warning|pragma)\b(?:\\\n|[^\n])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.'])*)
  | (?P<sign>->|\S)
""", re.DOTALL | re.MULTILINE | re.VERBOSE)
OPEN, CLOSE = "([{", ")]}"


class Source:
    """The tokens of a text, without comments, strings and lines such as #include."""

    def __init__(self, text):
        self.text = text
        found = [m for m in TOKEN.finditer(text) if m.lastgroup != "skip"]
        self.words = [m.group() for m in found]
        self.spans = [m.span() for m in found]
        self.is_name = [m.lastgroup == "name" for m in found]
        self.lines = [m.start() for m in re.finditer("^", text, re.MULTILINE)]

    def word(self, i):
        return self.words[i] if 0 <= i < len(self.words) else ""

    def line(self, i):
        return bisect.bisect_right(self.lines, self.spans[i][0])

    def close_of(self, i):
        """The token that closes the bracket i, or None."""
        depth = 0
        for j in range(i, len(self.words)):
            depth += (self.words[j] in OPEN) - (self.words[j] in CLOSE)
            if depth == 0:
                return j
        return None

    def parts(self, i, end):
        """Ranges [first, last) of tokens between brackets i and end, separated by commas."""
        depth, first, found = 0, i + 1, []
        for j in range(i + 1, end):
            depth += (self.words[j] in OPEN) - (self.words[j] in CLOSE)
            if self.words[j] == "," and depth == 0:
                found.append((first, j))
                first = j + 1
        return found + [(first, end)] if end > i + 1 else []


class Change:
    """One source: edits of ranges of tokens, and what is left to a person."""

    def __init__(self, text, rows):
        self.source, self.rows = Source(text), rows
        self.replaced = {}  # token: new text
        self.calls = {}     # token of a name: (closing bracket, parts, form)
        self.hand = []      # (line, what)
        for i, word in enumerate(self.source.words):
            if self.source.is_name[i] and word in rows:
                self.change_name(i, word)
        self.net_options()
        self.fields()

    def say(self, i, what):
        self.hand.append((self.source.line(i), f"{self.source.words[i]}: {what}"))

    def change_name(self, i, word):
        kind, new, how = self.rows[word]
        if kind == "type":
            if self.is_type(i):
                self.replaced[i] = new
        elif kind == "name":
            self.replaced[i] = new
        elif kind == "call":
            self.change_call(i, word, new, how)
        else:
            if kind == "targets":
                self.replaced[i] = new
            self.say(i, how)

    def is_type(self, i):
        """Whether a name that is a type in 0.4 and a function in 0.5 is meant as the type."""
        before, after = self.source.word(i - 1), self.source.word(i + 1)
        if before in ("enum", "struct") or after == "*" or before == "<" and after == ">":
            return True
        if before == "(" and after == ")":
            outer = self.source.word(i - 2)
            return outer in ("sizeof", "return") or not re.match(r"\w|[)\]]", outer)
        return bool(re.match(r"[A-Za-z_]", after))

    def change_call(self, i, word, new, form):
        opening = i + 1
        count = form.count("{") - form.count("{f}")
        end = self.source.close_of(opening) if self.source.word(opening) == "(" else None
        parts = self.source.parts(opening, end) if end else []
        if len(parts) != count or "#" in self.source.words[i:end or i]:
            self.say(i, f"not a plain call; write {form.replace('{f}', new)}")
            return
        self.calls[i] = (end, parts, form.replace("{f}", new))
        if word in CALL_NOTES:
            self.say(i, CALL_NOTES[word])

    def net_options(self):
        """units and n_layers in the initialisers of bpb_net_options."""
        source, self.done = self.source, set()
        for i, word in enumerate(source.words):
            if word != "bpb_net_options":
                continue
            j = i + 1
            if source.word(j) == ")":
                j += 1
            elif source.word(j + 1) == "=":
                j += 2
            end = source.close_of(j) if source.word(j) == "{" else None
            for first, last in source.parts(j, end) if end else []:
                if source.word(first) == "." and source.word(first + 2) == "=":
                    self.net_option(first + 1, last)

    def net_option(self, i, last):
        source, field = self.source, self.source.words[i]
        if field == "units":
            self.replaced[i] = "sizes"
        elif field == "n_layers" and last > i + 2:
            self.replaced[i] = "n_sizes"
            if last == i + 3 and source.words[i + 2].isdigit():
                self.replaced[i + 2] = str(int(source.words[i + 2]) + 1)
            elif last == i + 3:
                self.replaced[i + 2] = source.words[i + 2] + " + 1"
            else:
                self.replaced[i + 2] = "(" + source.words[i + 2]
                self.replaced[last - 1] = source.words[last - 1] + ") + 1"
        self.done.add(i)

    def fields(self):
        """Fields elsewhere, by name alone: X, T and source are too common to be told."""
        advice = {old: (struct, new, note) for struct, old, new, note in reversed(FIELDS)
                  if old not in ("X", "T", "source")}
        if not any(word.startswith("bpb") for word in self.source.words):
            return
        opened = []
        for i, word in enumerate(self.source.words):
            if word == "{":
                before = self.source.word(i - 1)
                opened.append(self.source.word(i - 2) if before in ("=", ")") else "")
            elif word == "}" and opened:
                opened.pop()
            elif word in ("bpb_ddata", "bpb_sdata"):
                self.say(i, "a set for each of train, validation and test: "
                            ".train = {.X = X, .T = bpb_values(T)}")
            elif word in advice and self.source.word(i - 1) in (".", "->") and i not in self.done:
                if self.is_new(i, word, opened):
                    continue
                struct, new, note = advice[word]
                self.say(i, f"if this is of {struct}: {new}" + (f" ({note})" if note else ""))

    def is_new(self, i, word, opened):
        """Whether a field stands where 0.5 has it."""
        if word in TUNING:
            return self.source.word(i - 2) == "tuning" or "tuning" in opened[-1:] or \
                "bpb_method_options" in opened[-1:] or \
                word == "epsilon" and "bpb_whitening_options" in opened[-1:]
        return False

    def render(self, first, last):
        """The text from token first to before token last, with the edits."""
        source, out, at = self.source, [], self.source.spans[first][0]
        i = first
        while i < last:
            start, end = source.spans[i]
            out.append(source.text[at:start])
            if i in self.calls:
                closing, parts, form = self.calls[i]
                values = [self.render(a, b) for a, b in parts]
                out.append(form.format(*values))
                i, at = closing + 1, source.spans[closing][1]
            else:
                out.append(self.replaced.get(i, source.words[i]))
                i, at = i + 1, end
        return "".join(out)

    def result(self):
        source = self.source
        if not source.words:
            return source.text
        head, tail = source.text[:source.spans[0][0]], source.text[source.spans[-1][1]:]
        return head + self.render(0, len(source.words)) + tail


# ---- The documents' table ------------------------------------------------------------------


def markdown():
    """The tables of docs/from-0.4.md."""
    groups = {"Only the name": [], "The script rewrites the call": [], "By hand": []}
    for old, (kind, new, how) in sorted(table().items()):
        what = how.replace("{f}", new)
        what = re.sub(r"\{(\d)\}", lambda m: "abcd"[int(m.group(1))], what)
        if kind in ("name", "type"):
            note = "the type" if kind == "type" else ""
            groups["Only the name"].append((old, new, note))
        elif kind == "call":
            note = CALL_NOTES.get(old, "")
            groups["The script rewrites the call"].append((old, what, note))
        else:
            groups["By hand"].append((old, new, what))
    lines = []
    for title, rows in groups.items():
        lines += [f"### {title}", "", "| 0.4 | 0.5 | |", "|---|---|---|"]
        lines += [f"| `{old}` | {f'`{new}`' if new else '(none)'} | {note} |" for old, new, note in rows]
        lines.append("")
    lines += ["### Fields", "", "| struct of 0.4 | field | 0.5 | |", "|---|---|---|---|"]
    lines += [f"| `{struct}` | `{old}` | `{new}` | {note} |" for struct, old, new, note in FIELDS]
    return "\n".join(lines) + "\n"


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n")[1])
    parser.add_argument("files", nargs="*", metavar="FILE", help="a C or C++ source or header")
    parser.add_argument("--diff", action="store_true", help="print a diff and change no file")
    parser.add_argument("--table", action="store_true", help="print the table of names in Markdown")
    options = parser.parse_args(argv)
    if options.table == bool(options.files):
        parser.error("give files to change, or --table alone")
    return options


def main(argv):
    options = arguments(argv)
    if options.table:
        print(markdown(), end="")
        return 0
    try:
        texts = []
        for name in options.files:
            with open(name, encoding="utf-8", newline="") as file:
                texts.append(file.read())
    except OSError as error:
        print(f"from-0.4.py: {name}: {error.strerror}", file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print(f"from-0.4.py: {name}: the file is not UTF-8", file=sys.stderr)
        return 2
    rows = table()
    for name, text in zip(options.files, texts):
        change = Change(text, rows)
        new = change.result()
        if options.diff:
            sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), new.splitlines(True),
                                                       name, name + " (0.5)"))
        elif new != text:
            pathlib.Path(name).write_bytes(new.encode("utf-8"))
        for line, what in sorted(change.hand):
            print(f"{name}:{line}: by hand: {what}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
