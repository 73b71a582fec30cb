/* SPDX-License-Identifier: BSD-3-Clause */
/* The callbacks of a run: progress on the terminal, log, best score, and signals that stop it. */
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
    const char *checkpoint; /* the file of the run; NULL: none */
    const char *opening;    /* first line of the output; NULL or empty: none */
    bool keeps_nothing;     /* neither --save nor --checkpoint: print a note */
    bool has_begun;         /* on_step or on_epoch was called */
    bool has_stepped;
    bpb_progress best_epoch; /* the best epoch so far; epoch 0: none */
};

/* The run has ended: remove the bar, and print a line if there was nothing left to do. */
void observer_end(struct observer *observer);

/* Make a run with these options call the observer. */
void observer_attach(struct observer *observer, bpb_train_options *options);

#endif
