/* SPDX-License-Identifier: BSD-3-Clause */
/* The last and the best score of a run: of the test set, else of validation, else of training. */
#ifndef CLI_BEST_SCORE_H
#define CLI_BEST_SCORE_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"

struct best {
    const char *set;  /* NULL: nothing was evaluated */
    bool is_accuracy; /* else it is the loss */
    double last, best;
    size_t epoch; /* of the best */
};

void best_epoch(struct best *best, const bpb_progress *at);

/* The weights that stay have the scores of at, and they are what is printed. */
void best_set_kept(struct best *best, const bpb_progress *at);

/* "test accuracy 0.9542 (best 0.9551 at epoch 27)" on stdout. */
void best_print(const struct best *best);

#endif
