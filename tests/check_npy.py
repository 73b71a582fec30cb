#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""NumPy's own reading and writing of its files.

check_npy.py write FOLDER   save arrays in the folder, and print a line for each: its name, the
                            status of reading it (0, -13, ...), rows, columns, modulus, offset:
                            entry k of the matrix is k % modulus + offset
check_npy.py read PATH      print type, shape and order of an array, then its entries in C order

Exit status 77 where there is no NumPy, neither for this Python nor for the system's.
"""
import os
import sys

try:
    import numpy as np
except ImportError:
    SYSTEM = "/usr/bin/python3"
    if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM) and os.access(SYSTEM, os.X_OK):
        os.execv(SYSTEM, [SYSTEM, *sys.argv])
    sys.exit(77)

SIZE, UNSUPPORTED = -3, -17
SHAPES = [(7,), (1,), (3, 5), (5, 3), (4, 1), (70, 2, 3), (2, 3, 2, 2)]
TYPES = {"bool": (2, 0), "i1": (100, -50), "u1": (200, 50), "f4": (1000, 0.5), "f8": (1000, -0.5)}
TYPES.update({sign + size: (1000, 0) for sign in "iu" for size in "248"})


def save(path, array, version=None):
    with open(path, "wb") as file:
        if version is None:
            np.save(file, array)
        else:
            np.lib.format.write_array(file, array, version=version)


def write_numbers(folder):
    for name, (modulus, offset) in TYPES.items():
        for k, shape in enumerate(SHAPES):
            count = int(np.prod(shape))
            values = (np.arange(count) % modulus + offset).reshape(shape)
            for letter in "<>":
                array = values.astype(np.dtype(name).newbyteorder(letter))
                for order in "CF":
                    file = f"{name}-{k}-{'little' if letter == '<' else 'big'}-{order}.npy"
                    version = [None, (1, 0), (2, 0), (3, 0)][k % 4]
                    save(os.path.join(folder, file), np.array(array, order=order), version)
                    print(file, 0, count // shape[0], shape[0], modulus, offset)


def write_others(folder):
    record = np.zeros(3, dtype=[("x", "f4"), ("y", "f8")])
    others = {"object": np.array([1, "a", None], dtype=object), "record": record,
              "complex": np.zeros(3, complex), "half": np.zeros(3, np.float16),
              "text": np.array(["a", "bc"]), "bytes": np.array([b"a", b"bc"]),
              "time": np.zeros(3, "M8[s]"), "scalar": np.array(3.0)}
    for name, array in others.items():
        save(os.path.join(folder, name + ".npy"), array)
        print(name + ".npy", UNSUPPORTED, 0, 0, 1, 0)
    for name, shape in (("empty", (0,)), ("no-values", (3, 0)), ("no-samples", (0, 3))):
        save(os.path.join(folder, name + ".npy"), np.zeros(shape))
        print(name + ".npy", SIZE, 0, 0, 1, 0)


def write(folder):
    write_numbers(folder)
    write_others(folder)


def read(path):
    array = np.load(path, allow_pickle=False)
    print(array.dtype.str, array.shape, "C" if array.flags.c_contiguous else "F")
    for value in array.ravel():
        print(float(value).hex())


if len(sys.argv) != 3 or sys.argv[1] not in ("read", "write"):
    sys.exit(__doc__)
{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
