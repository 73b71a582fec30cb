/* SPDX-License-Identifier: BSD-3-Clause */
/* How eta changes, and which epochs are the better ones; in double, for both precisions. */
#ifndef BPB_SCHEDULE_H
#define BPB_SCHEDULE_H

#include "base/common.h"

/* The schedule with its defaults filled in. BPB_ERR_OPTION. */
bpb_status bpb_schedule_complete(bpb_schedule *schedule, double eta_0);

/* eta of step t where eta_0 is what a plateau has come down to; the schedule is complete. */
double bpb_schedule_at(const bpb_schedule *schedule, double eta_0, uint64_t t, size_t steps,
                       size_t epochs);

/* What is remembered of the epochs so far. */
struct judge {
    size_t best_epoch; /* 0: none yet */
    double best;       /* its score, of which more is better */
    size_t waited;     /* epochs since the best one */
    size_t waited_eta; /* epochs since then, or since eta was changed */
    double eta;        /* eta_0 on the first plateau, and less on the next ones */
    double loss;       /* of the last epoch that was judged; NaN: none */
};

/* The columns that an epoch is judged by, NULL where they were not evaluated. */
const bpb_score *bpb_judged(const bpb_progress *progress);

/* Whether these rules compare epochs. */
bool bpb_rules_judge(const bpb_stop *stop, const bpb_schedule *schedule);

/* Take up the scores of an epoch: whether it is the best so far. */
bool bpb_judge_epoch(struct judge *judge, const bpb_progress *progress, const bpb_stop *stop,
                     const bpb_schedule *schedule);

/* Why a run in this state is over; BPB_END_EPOCHS: for nothing in these rules. */
bpb_end bpb_judge_end(const struct judge *judge, const bpb_stop *stop,
                      const bpb_schedule *schedule);

#endif
