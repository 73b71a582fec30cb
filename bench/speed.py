#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draw docs/speed.svg from the tables of docs/performance.md, by gnuplot.

    bench/speed.py           draw the picture again
    bench/speed.py --check   1 if the picture has other figures than the tables
"""
import pathlib
import re
import subprocess
import sys

DOCS = pathlib.Path(__file__).parent.parent / "docs"
PICTURE = DOCS / "speed.svg"
CASES = {"XS": "4-16-3", "S1": "784-30-10", "S2": "784-100-10", "M1": "784-128-10",
         "M2": "784-512-512-10", "L1": "1024-4096-\\n4096-1024", "G64": "6-64-64-4"}
# A series of the picture: heading of the section, heading of the column.
SERIES = {"PyTorch": ("One SGD step, float", "PyTorch / ours"),
          "naive C loops over the batch": ("Beside naive loops", "loops over the batch"),
          "naive C loops per sample": ("Beside naive loops", "per sample")}


def column(text, section, heading):
    """The first number of each case in a column of the first table of a section."""
    table = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in table.splitlines() if line.startswith("|")]
    at = rows[0].index(heading)
    found = {row[0]: re.match(r"[\d.]+", row[at]) for row in rows[2:]}
    return {case: match[0] for case, match in found.items() if match and case in CASES}


def figures():
    text = (DOCS / "performance.md").read_text(encoding="utf-8")
    return {name: column(text, *where) for name, where in SERIES.items()}


def comment(series):
    lines = [f"{name}: " + ", ".join(f"{case} {value}" for case, value in values.items())
             for name, values in series.items()]
    return "<!-- " + "; ".join(lines) + " -->\n"


def draw(series):
    data = "".join(f'"{case}\\n{CASES[case]}" ' +
                   " ".join(values.get(case, "?") for values in series.values()) + "\n"
                   for case in CASES)
    plots = ", ".join(f"'-' using {i + 2}:xtic(1) title '{name}' linecolor rgb '{colour}'"
                      for i, (name, colour) in enumerate(zip(series, ("#c44e52", "#8c8c8c",
                                                                      "#c9c9c9"))))
    script = f"""set terminal svg size 860,340 dynamic font 'sans-serif,12' background rgb 'white'
set style data histogram
set style fill solid
set boxwidth 0.9
set logscale y
set yrange [0.8:200]
set ytics ('1' 1, '2' 2, '5' 5, '10' 10, '20' 20, '50' 50, '100' 100)
set grid ytics
set datafile missing '?'
set bmargin 5.5
set xtics font ',10'
set key top right
set ylabel 'time of an SGD step / libbpblas'
set xlabel 'case and layers' offset 0,-0.7
set arrow from graph 0, first 1 to graph 1, first 1 nohead front linewidth 2 linecolor rgb '#4c72b0'
plot {plots}
""" + (data + "e\n") * len(series)
    return subprocess.run(["gnuplot"], input=script, capture_output=True, text=True,
                          check=True).stdout


def main():
    series = figures()
    if sys.argv[1:] == ["--check"]:
        same = PICTURE.read_text(encoding="utf-8").endswith(comment(series))
        if not same:
            print("docs/speed.svg has other figures than docs/performance.md: run bench/speed.py")
        return not same
    if sys.argv[1:]:
        print(__doc__)
        return 2
    PICTURE.write_text(draw(series) + comment(series), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
