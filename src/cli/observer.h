/* SPDX-License-Identifier: BSD-3-Clause */
/* Who watches a run: the terminal, the log and the best score. */
#ifndef CLI_OBSERVER_H
#define CLI_OBSERVER_H

#include "best.h"
#include "bpblas.h"
#include "log.h"
#include "progress.h"

struct observer {
    struct progress progress;
    struct log log;
    struct best best;
};

/* Let the observer be called by a run with these options. */
void observer_attach(struct observer *observer, bpb_train_options *options);

#endif
