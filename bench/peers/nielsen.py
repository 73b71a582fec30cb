#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One SGD step in NumPy, sample by sample, beside libbpblas; see README.md.

The algorithm is that of M. Nielsen, "Neural Networks and Deep Learning" (2015), chapter 1:
back-propagate each sample of the mini-batch by itself, add the gradients up, update.
"""

import sys

sys.dont_write_bytecode = True
import frame

if frame.serving():
    import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Nielsen(frame.Peer):
    name, module, package = "NumPy", "numpy", "python3-numpy"
    cases = "S1"

    def info(self):
        return {"version": np.__version__}

    def build(self):
        functions = [self.shape[key] for key in ("hidden", "output", "loss")]
        if functions != ["sigmoid", "sigmoid", "squared"]:
            raise frame.Failure("is for sigmoid nets with the squared loss")
        self.eta = np.float32(self.shape["eta"])

    def back_propagate(self, x, t):
        """dW and db of each layer, of one sample."""
        a = [x]
        for W, b in zip(self.W, self.b):
            a.append(sigmoid(W @ a[-1] + b))
        delta = (a[-1] - t) * a[-1] * (1 - a[-1])
        dW, db = [], []
        for l in reversed(range(len(self.W))):
            dW.insert(0, delta @ a[l].T)
            db.insert(0, delta)
            if l > 0:
                delta = (self.W[l].T @ delta) * a[l] * (1 - a[l])
        return dW, db

    def step(self):
        sum_dW = [np.zeros_like(W) for W in self.W]
        sum_db = [np.zeros_like(b) for b in self.b]
        for x, t in self.samples:
            dW, db = self.back_propagate(x, t)
            sum_dW = [s + d for s, d in zip(sum_dW, dW)]
            sum_db = [s + d for s, d in zip(sum_db, db)]
        rate = self.eta / np.float32(len(self.samples))
        self.W = [W - rate * s for W, s in zip(self.W, sum_dW)]
        self.b = [b - rate * s for b, s in zip(self.b, sum_db)]

    def run(self, steps):
        for _ in range(steps):
            self.step()

    def set_eta(self, eta):
        self.eta = np.float32(eta)

    def theta(self):
        pairs = zip(self.W, self.b)
        return np.concatenate([part.ravel(order="F") for pair in pairs for part in pair])

    def restore(self):
        self.W, self.b = (list(arrays) for arrays in self.start)

    def draw(self, path):
        random = np.random.default_rng(1)
        n, units = int(self.shape["batch"]), self.units
        W = [random.standard_normal((n_out, n_in), np.float32) / np.float32(n_in**0.5)
             for n_in, n_out in zip(units, units[1:])]
        b = [random.standard_normal((n_out, 1), np.float32) for n_out in units[1:]]
        self.start = W, b
        X = 2 * random.random((n, units[0]), np.float32) - 1
        T = np.eye(units[-1], dtype=np.float32)[random.integers(units[-1], size=n)]
        self.samples = [(x[:, None], t[:, None]) for x, t in zip(X, T)]
        self.restore()
        np.concatenate([self.theta(), X.ravel(), T.ravel()]).tofile(path)

    def read(self, path):
        return np.fromfile(path, np.float32)


if __name__ == "__main__":
    frame.main(Nielsen)
