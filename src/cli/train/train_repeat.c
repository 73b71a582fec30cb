/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_repeat.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- Running mean and standard deviation (Welford 1962) ---- */

void spread_add(struct running_mean *spread, double value)
{
    const double before = value - spread->mean;
    spread->count++;
    spread->mean += before / (double)spread->count;
    spread->squares += before * (value - spread->mean);
}

double spread_deviation(const struct running_mean *spread)
{
    return spread->count > 1 ? sqrt(spread->squares / (double)(spread->count - 1)) : 0.0;
}

/* ---- Folds ---- */

void repeat_fold(struct repeats *repeats, size_t fold, size_t folds, const bpb_score *score,
                 bool quiet)
{
    const size_t counted = score->has_accuracy ? score->judged : score->columns;
    spread_add(&repeats->last, score->has_accuracy ? score->accuracy : score->loss);
    repeats->correct += score->correct;
    repeats->samples += counted;
    repeats->loss += score->loss * (double)counted;
    if (quiet)
        return;
    printf("fold %zu of %zu: ", fold, folds);
    if (score->has_accuracy)
        printf("test accuracy %.4f (%zu of %zu)  loss %.6g\n", score->accuracy, score->correct,
               counted, score->loss);
    else
        printf("test loss %.6g (%zu samples)\n", score->loss, counted);
    fflush(stdout);
}

void repeat_print_folds(const struct repeats *repeats, bool is_accuracy)
{
    const double n = (double)repeats->samples;
    const char *format = is_accuracy ? "%s mean %.4f, standard deviation %.4f\n"
                                     : "%s mean %.6g, standard deviation %.6g\n";
    printf(format, is_accuracy ? "accuracy" : "loss", repeats->last.mean,
           spread_deviation(&repeats->last));
    if (is_accuracy)
        printf("all samples: accuracy %.4f (%zu of %zu)  loss %.6g\n",
               (double)repeats->correct / n, repeats->correct, repeats->samples,
               repeats->loss / n);
    else
        printf("all samples: loss %.6g (%zu samples)\n", repeats->loss / n, repeats->samples);
}

/* ---- Seeds ---- */

void repeat_seed(struct repeats *repeats, uint64_t seed, const struct best *best, bool quiet)
{
    spread_add(&repeats->last, best->last);
    spread_add(&repeats->best, best->best);
    if (quiet)
        return;
    printf("seed %" PRIu64 ": ", seed);
    best_print(best);
    fflush(stdout);
}

void repeat_print_seeds(const struct repeats *repeats, const struct best *best)
{
    if (!best->set)
        return;
    const char *format = best->is_accuracy
                             ? "%s %s of the %s epoch: mean %.4f, standard deviation %.4f\n"
                             : "%s %s of the %s epoch: mean %.6g, standard deviation %.6g\n";
    const char *score = best->is_accuracy ? "accuracy" : "loss";
    printf(format, best->set, score, "last", repeats->last.mean, spread_deviation(&repeats->last));
    printf(format, best->set, score, "best", repeats->best.mean, spread_deviation(&repeats->best));
}
