/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run shows on stderr: a bar where that is a terminal, and a line an epoch. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"

struct progress {
    bool quiet;
    bool brief; /* no line an epoch: one of several runs */
    bool has_bar;
    bool is_drawn;       /* the bar stands on the terminal's line */
    size_t samples;      /* of an epoch */
    double start, drawn; /* the run and the last bar, by the monotonic clock in seconds */
    double seconds;      /* training time of the finished epochs */
    double resumed;      /* epochs that an earlier run has made */
};

void progress_begin(struct progress *progress, bool quiet, bool brief, size_t samples);
/* "resumed at epoch 7, step 12 of run.checkpoint", before the first step is shown: at is the state
 * after it. */
void progress_resume(struct progress *progress, const bpb_progress *at, const char *checkpoint);
void progress_step(struct progress *progress, const bpb_progress *at);
void progress_epoch(struct progress *progress, const bpb_progress *at);

/* Take the bar away, so that other lines may follow. */
void progress_clear(struct progress *progress);

#endif
