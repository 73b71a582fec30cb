/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs and targets for one model, from a CSV or a NumPy file or a folder of IDX files. */
#ifndef CLI_PAIRS_TMPL_H
#define CLI_PAIRS_TMPL_H

#include <stdbool.h>

#include "bpblas.h"
#include "pairs.h"
#include "samples_tmpl.h"
#include "base/tmpl.h"

/* All zero before reading. */
struct pairs {
    view_t X;
    targets_t T;      /* the chosen samples */
    bool has_classes; /* T is 1 x count, class indices */
    size_t *rows;     /* their numbers in the data */
    size_t count;
    struct samples samples;
};

/* An int code. Whatever it is, the pairs are to be freed. */
int BPB(cli_read_pairs)(struct pairs *pairs, const net_t *net,
                        const struct pairs_settings *settings);

void BPB(cli_free_pairs)(struct pairs *pairs);

#endif
