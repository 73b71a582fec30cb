/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress of a run on stderr: one line for each epoch, and on a terminal a bar. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"

struct progress {
    bool quiet;
    bool brief; /* one of several runs: no lines for the epochs */
    bool has_bar;
    bool is_drawn;       /* the bar is on the terminal */
    size_t samples;      /* of an epoch */
    double start, drawn; /* of the run and of the last bar; monotonic clock, seconds */
    double seconds;      /* training time of the complete epochs */
    double resumed;      /* epochs of the earlier run */
};

void progress_begin(struct progress *progress, bool quiet, bool brief, size_t samples);
/* "resumed at epoch 7, step 12 of run.checkpoint". at is the state after the first step. */
void progress_resume(struct progress *progress, const bpb_progress *at, const char *checkpoint);
void progress_step(struct progress *progress, const bpb_progress *at);
void progress_epoch(struct progress *progress, const bpb_progress *at);

/* Remove the bar, so that other lines may follow. */
void progress_clear(struct progress *progress);

#endif
