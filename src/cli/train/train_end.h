/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train: how a run ended, and which weights the net has then. */
#ifndef CLI_TRAIN_END_H
#define CLI_TRAIN_END_H

#include <stdbool.h>

#include "bpblas.h"
#include "cli/common/plan_settings.h"
#include "observer.h"
#include "train_rule.h"

/* The end of a run. */
struct train_end {
    bpb_status status;
    int signal; /* the signal that stopped it; 0: none */
    bool has_begun;
    const bpb_train_report *report;
    const struct rule_settings *rule;
};

/* Explain a status other than BPB_OK. An int code, or 128 + the signal. */
int train_explain(const struct train_end *end, const struct plan_settings *plan);

/* Print on stdout why the run ended before its last epoch, and which epoch the weights are from if
 * that is not the last one. Prints nothing about a complete run with the last weights. */
void train_print_end(const bpb_train_report *report, const struct rule_settings *rule);

/* *kept = the epoch that the weights are from, with its scores, which the summary of the observer
 * then shows. Weights from within an epoch are evaluated here. An int code. */
int bpb_cli_score_kept(const bpb_net *net, const bpb_data *data, const bpb_train_report *report,
                       bool no_train_score, struct observer *observer, bpb_progress *kept);
int bpbf_cli_score_kept(const bpbf_net *net, const bpbf_data *data, const bpb_train_report *report,
                        bool no_train_score, struct observer *observer, bpb_progress *kept);

#endif
