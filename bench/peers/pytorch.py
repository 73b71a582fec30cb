#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One SGD step of the bench cases in PyTorch, beside libbpblas; see README.md."""

import os
import re
import sys

sys.dont_write_bytecode = True
import frame

if frame.serving():
    import torch
    from torch import nn

KINK = 64 * frame.EPSILON  # the least |z| at a ReLU


class PyTorch(frame.Peer):
    name, module, package = "PyTorch", "torch", "python3-torch"
    cases = "XS,S1,S2,M1,M2,L1"

    def __init__(self):
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        torch.manual_seed(1)

    def info(self):
        simd = re.search(r"CPU capability usage: (\w+)", torch.__config__.show())
        return {"version": torch.__version__, "simd": simd.group(1) if simd else ""}

    # ---- What a user would write --------------------------------------------------------

    def build(self):
        layers = []
        for n_in, n_out in zip(self.units, self.units[1:]):
            layers += [nn.Linear(n_in, n_out), self.activation("hidden")]
        layers[-1] = self.activation("output")
        self.net = nn.Sequential(*(layer for layer in layers if layer is not None))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=self.shape["eta"])
        self.loss = nn.CrossEntropyLoss() if self.has_classes() else self.half_squares

    def activation(self, where):
        """None: no function. Softmax is part of CrossEntropyLoss."""
        kinds = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
        kind = kinds.get(self.shape[where])
        return kind() if kind else None

    def half_squares(self, y, t):
        return 0.5 / len(y) * nn.functional.mse_loss(y, t, reduction="sum")

    def run(self, steps):
        net, loss, optimizer, X, T = self.net, self.loss, self.optimizer, self.X, self.T
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            error = loss(net(X), T)
            error.backward()
            optimizer.step()

    # ---- Parameters and data ------------------------------------------------------------

    def has_classes(self):
        return self.shape["output"] == "softmax"

    def set_eta(self, eta):
        for group in self.optimizer.param_groups:
            group["lr"] = eta

    def theta(self):
        """nn.Linear holds W by rows, the library by columns."""
        return torch.cat([p.detach().t().reshape(-1) for p in self.net.parameters()])

    def restore(self):
        with torch.no_grad():
            for p, start in zip(self.net.parameters(), self.start):
                p.copy_(start)
                p.grad = None

    def draw(self, path):
        """PyTorch's own initial parameters. Inputs in -1 .. 1. Targets are a class or a vector."""
        n, n_in, n_out = int(self.shape["batch"]), self.units[0], self.units[-1]
        self.start = [p.detach().clone() for p in self.net.parameters()]
        self.X = self.draw_inputs(n, n_in)
        classes = torch.randint(n_out, (n,))
        targets = nn.functional.one_hot(classes, n_out).float()
        if self.shape["output"] in ("identity", "tanh"):
            targets = 2 * torch.rand(n, n_out) - 1
        self.T = classes if self.has_classes() else targets
        self.write(path, [self.theta(), self.X, targets])

    def draw_inputs(self, n, n_in):
        """Inputs away from every kink, where both sides may differ and be right."""
        X = 2 * torch.rand(n, n_in) - 1
        near = self.near_kink(X)
        while near.any():
            X[near] = 2 * torch.rand(int(near.sum()), n_in) - 1
            near = self.near_kink(X)
        return X

    def near_kink(self, X):
        """Which samples have a z near the kink of ReLU."""
        near = torch.zeros(len(X), dtype=torch.bool)
        with torch.no_grad():
            for layer in self.net:
                if isinstance(layer, nn.ReLU):
                    near |= (X.abs() < KINK).any(1)
                X = layer(X)
        return near

    @staticmethod
    def write(path, tensors):
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        torch.from_file(path, shared=True, size=len(flat)).copy_(flat)

    def read(self, path):
        return torch.from_file(path, shared=False, size=sum(p.numel() for p in self.start))


if __name__ == "__main__":
    frame.main(PyTorch)
