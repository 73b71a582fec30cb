/* SPDX-License-Identifier: BSD-3-Clause */
/* A run of bpblas train, and its stages. */
#ifndef CLI_TRAIN_RUN_TMPL_H
#define CLI_TRAIN_RUN_TMPL_H

#include "bpblas.h"
#include "cli/table/samples_tmpl.h"
#include "observer.h"
#include "base/tmpl.h"
#include "train_settings.h"

/* The inputs with --whiten; all zero without it. */
struct whitened {
    bpb_whitening *whitening;
    real *factor;    /* n_0, the factor of each input before whitening */
    real *block;     /* scratch */
    char text[96];   /* a line about the directions */
    real *values[3]; /* copies for training, validation and test, m x samples each, or NULL */
};

/* A run, or one of several. */
struct run {
    const struct train_settings *settings;
    struct samples train, test;
    size_t n;      /* training samples; the validation samples are the last of the data */
    size_t *order; /* with --folds: n indices, those of the fold last; else NULL */
    data_t data; /* views of these */
    struct whitened whitened;
    struct widths widths; /* the first is m if the inputs are whitened */
    uint64_t seed;
    net_t *net;     /* a new one for each run */
    char *wisdom;   /* NULL: none */
};

/* Read training and test samples, and find the widths. An int code. */
int BPB(cli_read_data)(struct run *run);

/* Make the targets of classes, and make run->data views of all samples. An int code. */
int BPB(cli_make_views)(struct run *run);

/* Make run->data views of the folds. Fold number fold, from 0, is the test set. */
void BPB(cli_choose_fold)(struct run *run, size_t fold);

/* With --whiten, whiten by the training samples: the inputs in run->data become views of copies
 * with m rows, and the first width becomes m. An int code. */
int BPB(cli_whiten)(struct run *run);

/* With --whiten, replace the net of the whitened inputs by a net of the original inputs. An int
 * code. */
int BPB(cli_unwhiten)(struct run *run);

void BPB(cli_free_whitened)(struct whitened *white);

/* Make a new net of the widths; an earlier one is destroyed. An int code. */
int BPB(cli_make_net)(struct run *run);

/* Scale the net by the settings and the data, and train it. *kept = the epoch that its weights are
 * from. An int code, or 128 + the signal that stopped the run. */
int BPB(cli_train_net)(struct run *run, struct observer *observer, bpb_train_report *report,
                       bpb_progress *kept);

/* Save the net if --save is given. An int code. */
int BPB(cli_save_trained)(struct run *run, const struct args *args, const bpb_progress *last);

/* One run for each seed or fold, instead of cli_train_net and cli_save_trained. An int code. */
int BPB(cli_repeat)(struct run *run, const struct args *args, struct log *log);

#endif
