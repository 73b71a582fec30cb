/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train: what it was asked for, and the two precisions it works in. */
#ifndef CLI_TRAIN_H
#define CLI_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "bpblas.h"
#include "kinds.h"
#include "plan.h"

struct data_settings {
    const char *folder, *test; /* test NULL: what folder holds */
    size_t train_first;        /* 0: all */
    size_t validate_last;
    size_t pixel_scale;
};

struct net_settings {
    struct widths layers; /* count 0: from the data */
    bpb_activation hidden, output;
    bpb_loss loss;
    bpb_init init;
    double leak, elu_alpha, huber_delta, label_smoothing; /* 0: as the library has it */
};

struct rule_settings {
    double eta, lambda;
    size_t batch, epochs;
};

struct result_settings {
    const char *log, *save; /* NULL: none */
    bool no_train_score, quiet;
};

struct train_settings {
    struct data_settings data;
    struct net_settings net;
    struct rule_settings rule;
    struct plan_settings plan;
    struct result_settings result;
    uint64_t seed;
    size_t precision;
};

/* The net's widths: those asked for, where they fit the data, or 30 in one hidden layer. An int
 * code. */
int train_widths(const struct widths *asked, size_t inputs, size_t classes, struct widths *widths);

/* Say why a net of these settings could not be made. An int code. */
int train_refuse_net(bpb_status status, const struct net_settings *net);

/* Say why a run ended with this status, which is not BPB_OK. An int code. */
int train_explain(bpb_status status, const bpb_train_report *report,
                  const struct plan_settings *plan);

/* The last part of a path: the folder's or file's own name. */
void train_last_name(const char *path, char *name, size_t bytes);

/* Set the notes: the program, the settings, the names of the data's folder and of the wisdom, the
 * scores. An int code. */
int bpb_dcli_note_run(bpb_dnet *net, const struct args *args, const bpb_progress *last);
int bpb_scli_note_run(bpb_snet *net, const struct args *args, const bpb_progress *last);

/* The command in one precision. An int code. */
int bpb_dcli_train(const struct train_settings *settings, const struct args *args);
int bpb_scli_train(const struct train_settings *settings, const struct args *args);

#endif
