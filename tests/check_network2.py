#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Another program that reads and writes files as network2.py does: check_network2.py IN OUT

Checks that IN is such a file, and writes what it read to OUT, with the keys in network2.py's order
and numbers by Python's own conversion.
"""
import json
import sys


def refuse(name):
    raise ValueError("no JSON: " + name)


def check_matrix(matrix, rows, cols):
    assert len(matrix) == rows and all(len(row) == cols for row in matrix), "shape"
    assert all(type(value) is float for row in matrix for value in row), "type of a number"


def check(net):
    assert list(net) == ["sizes", "weights", "biases", "cost"], "keys"
    sizes = net["sizes"]
    assert all(type(size) is int for size in sizes), "type of a size"
    assert len(net["weights"]) == len(net["biases"]) == len(sizes) - 1, "layers"
    for layer, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
        check_matrix(net["weights"][layer], n_out, n_in)
        check_matrix(net["biases"][layer], n_out, 1)
    assert net["cost"] in ("QuadraticCost", "CrossEntropyCost"), "cost"


if len(sys.argv) != 3:
    sys.exit(__doc__)
with open(sys.argv[1], encoding="ascii") as file:
    net = json.load(file, parse_constant=refuse)
check(net)
with open(sys.argv[2], "w", encoding="ascii") as file:
    json.dump(net, file)
