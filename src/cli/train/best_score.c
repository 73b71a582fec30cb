/* SPDX-License-Identifier: BSD-3-Clause */
#include "best_score.h"

#include <stdio.h>

static const bpb_score *judged(const bpb_progress *at, const char **set)
{
    if (at->test.columns > 0) {
        *set = "test";
        return &at->test;
    }
    if (at->validation.columns > 0) {
        *set = "validation";
        return &at->validation;
    }
    *set = at->train.columns > 0 ? "train" : NULL;
    return &at->train;
}

void best_epoch(struct best *best, const bpb_progress *at)
{
    const bpb_score *score = judged(at, &best->set);
    best->is_accuracy = score->has_accuracy;
    best->last = best->is_accuracy ? score->accuracy : score->loss;
    const bool is_better = best->is_accuracy ? best->last > best->best : best->last < best->best;
    if (best->epoch == 0 || is_better) {
        best->best = best->last;
        best->epoch = at->epoch;
    }
}

void best_set_kept(struct best *best, const bpb_progress *at)
{
    const bpb_score *score = judged(at, &best->set);
    best->is_accuracy = score->has_accuracy;
    best->last = best->is_accuracy ? score->accuracy : score->loss;
}

void best_print(const struct best *best)
{
    if (!best->set)
        puts("trained");
    else if (best->epoch == 0)
        printf("%s %s %.6g\n", best->set, best->is_accuracy ? "accuracy" : "loss", best->last);
    else if (best->is_accuracy)
        printf("%s accuracy %.4f (best %.4f at epoch %zu)\n", best->set, best->last, best->best,
               best->epoch);
    else
        printf("%s loss %.6g (best %.6g at epoch %zu)\n", best->set, best->last, best->best,
               best->epoch);
}
