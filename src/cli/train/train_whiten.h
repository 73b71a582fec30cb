/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train --whiten: what was asked for. */
#ifndef CLI_TRAIN_WHITEN_H
#define CLI_TRAIN_WHITEN_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"
#include "cli/common/kinds.h"

/* components and share both 0: all directions that vary. */
struct whiten {
    bool is_given;
    size_t components;
    double share;
};

extern const struct kind kind_whiten; /* struct whiten */

/* Say why the inputs could not be whitened; varied is the number of directions in which they vary,
 * 0: unknown. An int code. */
int whiten_refuse(bpb_status status, const struct whiten *whiten, size_t varied);

/* A line of text: m of n_0 directions, and their part of the n_0 variances. */
void whiten_describe(size_t m, size_t n_0, const double *variances, char *text, size_t bytes);

#endif
