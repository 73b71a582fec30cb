/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of a run, in the caller's memory or behind a source, a batch at a time. */
#ifndef BPB_COLUMNS_TMPL_H
#define BPB_COLUMNS_TMPL_H

#include "base/fpenv.h"
#include "net/net_tmpl.h"
#include "pass/work_tmpl.h"

/* Where a batch is put together. */
struct stage {
    size_t *index_X, *index_T; /* where its columns stand in X and T */
    real *X, *T;               /* what a source has read; NULL: there is none */
    size_t n_0;                /* rows of X */
    struct fpenv *env;         /* the caller's: sources run in it */
};

/* Set i = 0, 1, 2 of the data: training, validation, test. */
const set_t *BPB(set_of)(const data_t *data, int i);
/* Its columns; 0: it is empty. */
size_t BPB(set_columns)(const set_t *set);

/* Check all sets; the first must have columns. As bpb_train. */
bpb_status BPB(sets_check)(const net_t *net, const data_t *data);

/* The first value in the caller's memory that is not finite, into the report; else in is
 * BPB_IN_NOTHING. */
bpb_status BPB(sets_scan)(const data_t *data, bpb_train_report *report);

/* Memory for batches of this many columns; to be freed in any case. BPB_ERR_MEMORY. */
bpb_status BPB(stage_alloc)(struct stage *stage, const net_t *net, const data_t *data,
                            size_t batch);
void BPB(stage_free)(struct stage *stage);

/* *X, *T = columns which[0..B-1] of the set, good until the next call. BPB_ERR_SOURCE. */
bpb_status BPB(set_pick)(const set_t *set, struct stage *stage, const size_t *which, size_t B,
                         view_t *X, targets_t *T);

/* What bpb_find_nonfinite says of a batch from a source, into the report as set_scan does; BPB_OK
 * for one that is in the caller's memory. */
bpb_status BPB(batch_scan)(const set_t *set, const size_t *which, view_t X, targets_t T,
                           bpb_train_report *report);

/* The score of the set by batches of this many columns. Statuses of bpb_evaluate, except
 * BPB_NONFINITE: the score tells of that. BPB_ERR_SOURCE. */
bpb_status BPB(set_evaluate)(const set_t *set, const net_t *net, work_t *work, struct stage *stage,
                             size_t batch, bpb_score *score);

#endif
