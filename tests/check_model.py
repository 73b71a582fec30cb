#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Another program that reads and writes model files, from docs/model-format.md alone.

check_model.py read PATH    check the file; print its sizes, its functions, each parameter as a
                            hexadecimal float, and for each tensor of the net its first and last
                            value, for W also those of the second in the first row (the line W1')
                            and of the first in the second
check_model.py write PATH   write a small model
"""
import json
import math
import re
import struct
import sys
import zlib

BYTES = {"F64": 8, "F32": 4}
CODES = {"F64": "d", "F32": "f"}

# What a function's parameter is where none is written; None: it has none.
ACTIVATIONS = dict.fromkeys(
    ["sigmoid", "tanh", "relu", "identity", "softmax", "selu", "softplus", "softsign", "gelu",
     "gelu-tanh", "silu", "exponential"]
)
ACTIVATIONS.update({"leaky-relu": 0.01, "elu": 1.0})
LOSSES = {"squared": None, "absolute": None, "poisson": None, "gaussian": None,
          "huber": 1.0, "cross-entropy": 0.0}
OUTPUTS = {"cross-entropy": ("sigmoid", "softmax"), "poisson": ("exponential",),
           "gaussian": ("identity",)}


def no_duplicates(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def read_container(content):
    """The metadata, and the tensors by name: (dtype, shape, values)."""
    (length,) = struct.unpack_from("<Q", content)
    assert length % 8 == 0 and length <= 4 << 20, "length of the header"
    text, data = content[8 : 8 + length], content[8 + length :]
    assert text[:1] == b"{", "beginning of the header"
    header = json.loads(text.decode("utf-8"), object_pairs_hook=no_duplicates)
    metadata = header.pop("__metadata__")
    end, tensors = 0, {}
    for name, info in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, next_end = info["data_offsets"]
        count = math.prod(info["shape"])
        assert begin == end and next_end - begin == count * BYTES[info["dtype"]], name
        values = struct.unpack_from("<%d%s" % (count, CODES[info["dtype"]]), data, begin)
        tensors[name] = (info["dtype"], info["shape"], values)
        end = next_end
    assert end == len(data), "data that belong to no tensor"
    assert int(metadata["bpblas.crc32"], 16) == zlib.crc32(data), "checksum"
    return metadata, tensors


def expected_tensors(metadata, tensors):
    """Names and shapes of the net's tensors, in their order."""
    sizes = [int(size) for size in metadata["bpblas.sizes"].split(",")]
    for layer in range(1, len(sizes)):
        yield "W%d" % layer, [sizes[layer], sizes[layer - 1]]
        yield "b%d" % layer, [sizes[layer]]
    for side, size in (("input", sizes[0]), ("output", sizes[-1])):
        for part in ("shift", "factor"):
            if side + "_shift" in tensors or side + "_factor" in tensors:
                yield "%s_%s" % (side, part), [size]


def read_function(text, known):
    """A function's name, "own:..." included, and its parameter or None."""
    assert len(text) < 64, "length of a function"
    if text.startswith("own:"):
        assert re.fullmatch("[a-z0-9_-]{1,31}", text[4:]), "name of a function"
        return text, None
    name, colon, number = text.partition(":")
    assert name in known, "function"
    if not colon:
        return name, known[name]
    assert known[name] is not None, "a parameter of a function that has none"
    assert re.fullmatch(r"[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?", number), "parameter"
    assert 2.0**-1022 <= float(number) < math.inf, "range of a parameter"
    assert name != "cross-entropy" or float(number) < 1, "label smoothing"
    return name, float(number)


def read_functions(metadata):
    """Activations and loss, each a name and a parameter."""
    activations = [read_function(text, ACTIVATIONS)
                   for text in metadata["bpblas.activations"].split(",")]
    loss = read_function(metadata["bpblas.loss"], LOSSES)
    output = activations[-1][0]
    assert output in OUTPUTS.get(loss[0], (output,)), "loss of another output"
    assert loss[0] != "gaussian" or int(metadata["bpblas.sizes"].split(",")[-1]) % 2 == 0
    return activations, loss


def text_of(function):
    name, parameter = function
    return name if parameter is None else "%s:%s" % (name, parameter.hex())


def read(path):
    with open(path, "rb") as file:
        metadata, tensors = read_container(file.read())
    assert metadata["bpblas.format"] == "1", "format"
    layers = metadata["bpblas.sizes"].count(",")
    activations, loss = read_functions(metadata)
    assert len(activations) == layers, "activations"
    print("sizes", metadata["bpblas.sizes"])
    print("functions", ",".join(map(text_of, activations)), text_of(loss))
    for name, shape in expected_tensors(metadata, tensors):
        dtype, found, values = tensors[name]
        assert found == shape and dtype == tensors["W1"][0], name
        print(name, values[0].hex(), values[-1].hex())
        if len(shape) == 2:
            print(name + "'", values[1].hex(), values[shape[1]].hex())


def write(path):
    sizes = [4, 3, 2]
    tensors = [("input_factor", [4], [0.0078125] * 4), ("input_shift", [4], [127.5] * 4)]
    for layer in (2, 1):
        n_out, n_in = sizes[layer], sizes[layer - 1]
        W = [0.5 * (100 * layer + 10 * i + j) for i in range(n_out) for j in range(n_in)]
        b = [-0.25 * (10 * layer + i) for i in range(n_out)]
        tensors += [("b%d" % layer, [n_out], b), ("W%d" % layer, [n_out, n_in], W)]
    header, data = {}, b""
    for name, shape, values in tensors:
        packed = struct.pack("<%df" % len(values), *values)
        offsets = [len(data), len(data) + len(packed)]
        header[name] = {"data_offsets": offsets, "shape": shape, "dtype": "F32"}
        data += packed
    header["steps"] = {"dtype": "I64", "shape": [], "data_offsets": [len(data), len(data) + 8]}
    data += struct.pack("<q", 1000)
    header["__metadata__"] = {
        "written by": 'another program,\n"\u00e9" \U0001f642',
        "bpblas.loss": "huber:2.5e-1",
        "bpblas.activations": "leaky-relu:.125,identity",
        "bpblas.sizes": "4,3,2",
        "bpblas.format": "1",
        "bpblas.of_a_later_day": "to be ignored",
    }
    text = json.dumps(header, indent=1).encode("ascii")
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


if len(sys.argv) != 3 or sys.argv[1] not in ("read", "write"):
    sys.exit(__doc__)
{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
