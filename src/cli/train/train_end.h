/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train: how a run ended, and which weights it leaves. */
#ifndef CLI_TRAIN_END_H
#define CLI_TRAIN_END_H

#include <stdbool.h>

#include "bpblas.h"
#include "cli/common/plan_settings.h"
#include "observer.h"
#include "train_rule.h"

/* What is known of a run that has ended. */
struct train_end {
    bpb_status status;
    int error;  /* errno, where status is BPB_ERR_IO */
    int signal; /* that stopped it; 0: none */
    bool has_begun;
    const bpb_train_report *report;
    const struct rule_settings *rule;
};

/* Say why it ended with its status, which is not BPB_OK. An int code, or 128 + the signal. */
int train_explain(const struct train_end *end, const struct plan_settings *plan);

/* On stdout: why it ended before its last epoch, and the epoch whose weights stay if that is not
 * the last. Nothing where neither is so. */
void train_print_end(const bpb_train_report *report, const struct rule_settings *rule);

/* *kept = the epoch whose weights stay, with their scores, which the observer's summary then shows;
 * weights of no epoch's end are evaluated here. An int code. */
int bpb_cli_score_kept(const bpb_net *net, const bpb_data *data, const bpb_train_report *report,
                       bool no_train_score, struct observer *observer, bpb_progress *kept);
int bpbf_cli_score_kept(const bpbf_net *net, const bpbf_data *data, const bpb_train_report *report,
                        bool no_train_score, struct observer *observer, bpb_progress *kept);

#endif
