/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of a run: one JSON object in each line, one line for each epoch. */
#ifndef CLI_TRAIN_LOG_H
#define CLI_TRAIN_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bpblas.h"

struct log {
    FILE *file; /* NULL: no log */
    const char *path;
    bool has_failed; /* an error was reported, and writing stopped */
    bool is_old;     /* the file still has the lines of an earlier run */
    bool has_best;   /* lines name the best epoch so far */
};

/* Create the file or empty it; path NULL: no log. is_resumed: the lines stay until log_begin,
 * because the run may still be refused. An int code. */
int log_open(struct log *log, const char *path, bool is_resumed);

/* The run begins: empty the file, unless log_open did. */
void log_begin(struct log *log);

/* Write a line and flush it. A failure is reported at once and not returned: the run goes on. */
void log_epoch(struct log *log, const bpb_progress *at);

/* A line for one of several runs, instead of one for each epoch. key names the run, as in
 * "fold": 2; the scores are those after its last epoch. */
void log_run(struct log *log, const char *key, uint64_t run, const bpb_progress *at);

/* An int code: CODE_FAILED if any line was lost. */
int log_close(struct log *log);

#endif
