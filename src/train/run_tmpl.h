/* SPDX-License-Identifier: BSD-3-Clause */
/* A run of training from its start to its end. */
#ifndef BPB_RUN_TMPL_H
#define BPB_RUN_TMPL_H

#include "base/fpenv.h"
#include "pass/pass_tmpl.h"
#include "train/columns_tmpl.h"
#include "train/schedule.h"

/* The file that a run keeps itself in. */
struct keeper {
    unsigned char *bytes; /* what is written */
    char *wisdom;         /* of the plan */
    bpb_progress *history; /* of each epoch that was made */
    uint64_t kept_t;      /* steps made when it was last written, and when that was */
    double kept_at;
};

struct run {
    net_t *net;
    const data_t *data;
    const bpb_train_options *options;
    bpb_schedule schedule; /* defaults filled in */
    bpb_opt_options rule;  /* of the optimiser */
    double eta_0;
    size_t n, batch;
    size_t pass; /* columns of one pass: a batch, or a part of one */
    uint64_t data_sum; /* tells data apart; 0: there is no checkpoint */

    plan_t *plan;
    work_t *work;
    opt_t *opt;            /* NULL: gradient and update are one */
    real *gradient, *part; /* P each; NULL with them */
    real *best;            /* theta of the best epoch; NULL: not kept */
    struct stage stage;
    size_t *order;         /* n: the shuffled columns */
    struct keeper keeper;

    /* Where it is. */
    uint64_t t;      /* steps made */
    size_t epochs;   /* made, and evaluated */
    struct judge judge;
    bpb_progress progress;
    bpb_train_report report;
    bool out_of_time;
    double start;    /* on the clock */
    struct fpenv env; /* the caller's: callbacks run in it */
};

/* BPB_LOST: theta is not finite. */
static inline bpb_status BPB(run_check_theta)(const struct run *run)
{
    const bool finite = run->plan->functions->finite(run->net->shape->parameters, run->net->theta);
    return finite ? BPB_OK : BPB_LOST;
}

/* Check the options, and fill in what follows from them. */
bpb_status BPB(run_options)(struct run *run);

/* Memory, plan and optimiser; wisdom may be NULL. To be freed in any case. */
bpb_status BPB(run_alloc)(struct run *run, const char *wisdom);
void BPB(run_free)(struct run *run);

/* One step with the next columns of the epoch. BPB_NONFINITE, BPB_LOST: the report tells where. */
bpb_status BPB(run_step)(struct run *run);

/* Where in the last pass, of these columns, something was not finite, into the report. */
void BPB(run_locate)(struct run *run, const size_t *which);

/* ---- Checkpoints: see checkpoint_tmpl.c ---- */

/* Take up the run that the file holds, where there is one and it is asked for; this allocates the
 * run too. Otherwise as run_alloc. */
bpb_status BPB(run_resume)(struct run *run);
/* Write the file. BPB_ERR_IO. */
bpb_status BPB(run_keep)(struct run *run);
/* Write it where that is due after a step; now is on the clock. */
bpb_status BPB(run_keep_if_due)(struct run *run, double now);

#endif
