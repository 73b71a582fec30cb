/* SPDX-License-Identifier: BSD-3-Clause */
/* Several runs of bpblas train, and what they have in common. */
#ifndef CLI_TRAIN_REPEAT_H
#define CLI_TRAIN_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "best_score.h"
#include "bpblas.h"

/* A mean and a variance that values are added to. */
struct spread {
    size_t count;
    double mean, squares; /* sum of (value - mean)^2 */
};

void spread_add(struct spread *spread, double value);

/* With n - 1 in the denominator; 0 for a single value. */
double spread_deviation(const struct spread *spread);

/* What the runs so far have given. */
struct repeats {
    struct spread last, best; /* accuracy where there is one, else loss */
    size_t correct, samples;  /* of all folds */
    double loss;              /* sum over their samples */
};

/* One line on stdout for a run that has ended, and its scores into repeats. */
void repeat_fold(struct repeats *repeats, size_t fold, size_t folds, const bpb_score *score,
                 bool quiet);
void repeat_seed(struct repeats *repeats, uint64_t seed, const struct best *best, bool quiet);

/* The summary on stdout. is_accuracy: that the scores are accuracies, else losses. */
void repeat_print_folds(const struct repeats *repeats, bool is_accuracy);
void repeat_print_seeds(const struct repeats *repeats, const struct best *best);

#endif
