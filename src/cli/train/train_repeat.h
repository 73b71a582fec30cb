/* SPDX-License-Identifier: BSD-3-Clause */
/* Several runs of bpblas train: the statistics of their scores. */
#ifndef CLI_TRAIN_REPEAT_H
#define CLI_TRAIN_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "best_score.h"
#include "bpblas.h"

/* A running mean and variance. */
struct running_mean {
    size_t count;
    double mean, squares; /* sum of (value - mean)^2 */
};

void spread_add(struct running_mean *spread, double value);

/* The standard deviation, with n - 1 in the denominator; 0 for a single value. */
double spread_deviation(const struct running_mean *spread);

/* The scores of the runs so far. */
struct repeats {
    struct running_mean last, best; /* accuracies if there are any, else losses */
    size_t correct, samples;  /* of all folds */
    double loss;              /* sum over the samples */
};

/* Add the scores of a run, and print them in one line on stdout. */
void repeat_fold(struct repeats *repeats, size_t fold, size_t folds, const bpb_score *score,
                 bool quiet);
void repeat_seed(struct repeats *repeats, uint64_t seed, const struct best *best, bool quiet);

/* Print the summary on stdout. is_accuracy: the scores are accuracies, else losses. */
void repeat_print_folds(const struct repeats *repeats, bool is_accuracy);
void repeat_print_seeds(const struct repeats *repeats, const struct best *best);

#endif
