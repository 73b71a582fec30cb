/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples in memory, and what is asked of them. */
#ifndef CLI_SAMPLES_TMPL_H
#define CLI_SAMPLES_TMPL_H

#include <stdbool.h>

#include "bpblas.h"
#include "class_names.h"
#include "image_folder.h"
#include "base/tmpl.h"

/* One part of a folder, or a table: see table_tmpl.h; all zero before reading. */
struct samples {
    out_t X;      /* n_0 x n, values as they are in the file */
    out_t labels; /* 1 x n; empty where the targets are numbers */
    out_t T;      /* classes x n, one-hot, empty until asked for; or the numbers */
    const char *folder; /* or the file */
    enum part part;
    bool is_table;
    char *input_list, *target_list; /* of a CSV file: what would choose these fields again */
    struct classes classes; /* of labels that were texts */
};

/* These return an int code. */
int BPB(cli_read_images)(out_t *X, const char *path);
int BPB(cli_read_samples)(struct samples *samples, const char *folder, enum part part);

/* 1 + the highest label. */
int BPB(cli_classes)(const struct samples *samples, size_t *classes);

/* Make T for this many classes. */
int BPB(cli_make_targets)(struct samples *samples, size_t classes);

/* T of the samples, once it is made: classes or values. */
targets_t BPB(cli_targets)(const struct samples *samples);
/* count samples from the first on; empty if there are none. */
set_t BPB(cli_set)(const struct samples *samples, size_t first, size_t count);

void BPB(cli_free_samples)(struct samples *samples);

#endif
