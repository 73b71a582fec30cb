/* SPDX-License-Identifier: BSD-3-Clause */
/* Who watches a run: the terminal, the log and the best score; and the signals that stop it. */
#ifndef CLI_OBSERVER_H
#define CLI_OBSERVER_H

#include "best_score.h"
#include "bpblas.h"
#include "progress.h"
#include "train_log.h"

struct observer {
    struct progress progress;
    struct log log;
    struct best best;
    const char *checkpoint; /* the file a run may be resumed from; NULL: none */
    const char *opening;    /* a line to begin with; NULL or empty: none */
    bool keeps_nothing;     /* no file will hold what is learnt: worth a note */
    bool has_begun;         /* a step has been made, or an epoch told of */
    bool has_stepped;
    bpb_progress best_epoch; /* of the best epoch so far; its epoch 0: none */
};

/* The run has ended: take the bar away, and tell of one that had nothing left to do. */
void observer_end(struct observer *observer);

/* Let the observer be called by a run with these options. */
void observer_attach(struct observer *observer, bpb_train_options *options);

#endif
