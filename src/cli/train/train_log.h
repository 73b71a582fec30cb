/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of a run: one JSON object a line, one line an epoch. */
#ifndef CLI_TRAIN_LOG_H
#define CLI_TRAIN_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bpblas.h"

struct log {
    FILE *file; /* NULL: no log */
    const char *path;
    bool has_failed; /* said so, and stopped writing */
    bool is_old;     /* it still holds what an earlier run has written */
    bool has_best;   /* lines name the best epoch so far */
};

/* Empty the file, or make it; path NULL: no log. is_resumed: what it holds stays until log_begin,
 * for the run may yet be refused. An int code. */
int log_open(struct log *log, const char *path, bool is_resumed);

/* The run begins: the file is emptied, if it has not been. */
void log_begin(struct log *log);

/* Write a line and let it reach the file, so that it can be followed. A failure is told at once
 * and not returned: it must not cost the run. */
void log_epoch(struct log *log, const bpb_progress *at);

/* A line for one of several runs in place of one for each epoch: key names the run, as in
 * "fold": 2; the rest is as after its last epoch. */
void log_run(struct log *log, const char *key, uint64_t run, const bpb_progress *at);

/* An int code: CODE_FAILED if any line was lost. */
int log_close(struct log *log);

#endif
