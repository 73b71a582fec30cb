/* SPDX-License-Identifier: BSD-3-Clause */
/* A run of bpblas train, and its parts. */
#ifndef CLI_TRAIN_RUN_TMPL_H
#define CLI_TRAIN_RUN_TMPL_H

#include "bpblas.h"
#include "cli/table/samples_tmpl.h"
#include "observer.h"
#include "base/tmpl.h"
#include "train_settings.h"

/* The inputs of --whiten; all zero without it. */
struct whitened {
    bpb_whitening *whitening;
    real *factor;    /* n_0, of each input before it is whitened */
    real *block;     /* scratch */
    char text[96];   /* how many directions it took */
    real *values[3]; /* copies for training, validation and test, m x samples each, or NULL */
};

/* All that a run, or one of several, holds. */
struct run {
    const struct train_settings *settings;
    struct samples train, test;
    size_t n;      /* samples to learn; those for validation end the training part */
    size_t *order; /* of several folds: n samples, those of the fold last; NULL: one run */
    data_t data; /* views of these */
    struct whitened whitened;
    struct widths widths; /* begins with m where inputs are whitened */
    uint64_t seed;
    net_t *net; /* made anew for each run */
    char *wisdom;   /* NULL: none */
};

/* Read training and test samples, and find the widths. An int code. */
int BPB(cli_read_data)(struct run *run);

/* Make targets of classes, and point data to all samples. An int code. */
int BPB(cli_make_views)(struct run *run);

/* Point data to the folds: the fold of this number, from 0, is the test set. */
void BPB(cli_choose_fold)(struct run *run, size_t fold);

/* Where --whiten says so, whiten as the samples to learn from vary: data's inputs, views of the
 * samples until then, become views of copies with m rows, and the first width m. An int code. */
int BPB(cli_whiten)(struct run *run);

/* Put a net that takes the samples as they are in place of one that takes the copies, if there are
 * any. An int code. */
int BPB(cli_unwhiten)(struct run *run);

void BPB(cli_free_whitened)(struct whitened *white);

/* Make a net of the widths, in place of any earlier. An int code. */
int BPB(cli_make_net)(struct run *run);

/* Scale it by the settings and the data, and train it; *kept is the epoch whose weights it then
 * has. An int code, or 128 + the signal that stopped it. */
int BPB(cli_train_net)(struct run *run, struct observer *observer, bpb_train_report *report,
                       bpb_progress *kept);

/* Save it, as the settings say. An int code. */
int BPB(cli_save_trained)(struct run *run, const struct args *args, const bpb_progress *last);

/* One run for each seed or fold, in place of cli_train_net and cli_save_trained. An int code. */
int BPB(cli_repeat)(struct run *run, const struct args *args, struct log *log);

#endif
