/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples in memory: read, with classes or targets. */
#ifndef CLI_SAMPLES_TMPL_H
#define CLI_SAMPLES_TMPL_H

#include <stdbool.h>

#include "bpblas.h"
#include "class_names.h"
#include "image_folder.h"
#include "tmpl.h"

/* One part of a folder, or a file: see table_read_tmpl.h. All zero before reading. */
struct BPB(samples) {
    BPB(out) X;         /* n_0 x n, the values of the file */
    BPB(out) labels;    /* 1 x n; empty if the targets are numbers */
    BPB(out) T;         /* one-hot, classes x n, empty before cli_make_targets; or numbers */
    const char *folder; /* or the file */
    enum part part;
    bool is_table;
    char *input_list, *target_list; /* CSV file: lists that choose these fields again */
    struct classes classes;         /* names, if the labels are texts */
};

/* These return an int code. */
int BPB(cli_read_images)(BPB(out) * X, const char *path);
int BPB(cli_read_samples)(struct BPB(samples) * samples, const char *folder, enum part part);

/* Whether the value is a whole number from 0 to classes - 1. */
bool BPB(cli_is_class)(real value, size_t classes);

/* 1 + the highest label. */
int BPB(cli_classes)(const struct BPB(samples) * samples, size_t *classes);

/* Make T for this many classes. */
int BPB(cli_make_targets)(struct BPB(samples) * samples, size_t classes);

/* count columns, beginning with column first; all zero if count is 0. */
BPB(view) BPB(cli_columns)(BPB(out) V, size_t first, size_t count);

void BPB(cli_free_samples)(struct BPB(samples) * samples);

#endif
