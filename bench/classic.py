#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write scikit-learn's classic data sets as CSV, and cross-validate its MLPClassifier on them.

    python3 bench/classic.py FOLDER

Sample i, counted from 0, is in fold i mod 10, as in `bpblas train --folds 10`: docs/results.md has
the commands to compare with. Needs scikit-learn (Debian: python3-sklearn).
"""
import csv
import pathlib
import sys
import warnings

import numpy
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

FOLDS = 10
HIDDEN = {"iris": 16, "wine": 16, "breast_cancer": 32, "digits": 64}
SEEDS = range(1, 11)


def write_csv(path, data):
    names = [str(name).replace(",", " ") for name in data.feature_names] + ["class"]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for x, label in zip(data.data, data.target):
            writer.writerow([repr(float(value)) for value in x] + [int(label)])


def correct_in_fold(data, fold, hidden, seed):
    test = numpy.arange(len(data.target)) % FOLDS == fold
    scaler = StandardScaler().fit(data.data[~test])
    net = MLPClassifier((hidden,), alpha=1e-4, batch_size=32, learning_rate_init=1e-3,
                        max_iter=200, n_iter_no_change=200, random_state=seed)
    net.fit(scaler.transform(data.data[~test]), data.target[~test])
    return int((net.predict(scaler.transform(data.data[test])) == data.target[test]).sum())


def main(folder):
    warnings.simplefilter("ignore", ConvergenceWarning)
    folder.mkdir(parents=True, exist_ok=True)
    for name, hidden in HIDDEN.items():
        data = getattr(datasets, "load_" + name)()
        write_csv(folder / (name + ".csv"), data)
        n = len(data.target)
        shares = [sum(correct_in_fold(data, fold, hidden, seed) for fold in range(FOLDS)) / n
                  for seed in SEEDS]
        print(f"{name}: scikit-learn {numpy.mean(shares):.4f}, seeds",
              " ".join(f"{share:.4f}" for share in shares), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
