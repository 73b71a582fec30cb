/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/common/command.h"
#include "cli/common/say.h"
#include "base/tmpl.h"
#include "train_end.h"

static int evaluate(const net_t *net, const set_t *set, bpb_score *score)
{
    *score = (bpb_score){0};
    if (set->X.cols == 0)
        return CODE_FINE;
    const bpb_status status = BPB(evaluate)(net, set->X, set->T, score, NULL);
    return status < 0 ? complain_status(status, "evaluate", "the net") : CODE_FINE;
}

static int evaluate_all(const net_t *net, const data_t *data, bool no_train_score,
                        bpb_progress *kept)
{
    kept->train = (bpb_score){0};
    if (!no_train_score)
        ATTEMPT(evaluate(net, &data->train, &kept->train));
    ATTEMPT(evaluate(net, &data->validation, &kept->validation));
    return evaluate(net, &data->test, &kept->test);
}

int BPB(cli_score_kept)(const net_t *net, const data_t *data,
                        const bpb_train_report *report, bool no_train_score,
                        struct observer *observer, bpb_progress *kept)
{
    const bool is_best = report->kept == BPB_KEPT_BEST;
    const bpb_progress *last = &report->last;
    *kept = is_best ? observer->best_epoch : *last;
    const bool is_scored = is_best ? kept->epoch == last->best_epoch : last->step == last->steps;
    if (!is_scored) {
        kept->epoch = is_best ? last->best_epoch : last->epoch;
        ATTEMPT(evaluate_all(net, data, no_train_score, kept));
    }
    best_set_kept(&observer->best, kept);
    return CODE_FINE;
}
