/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train: what it was asked for, and the two precisions it works in. */
#ifndef CLI_TRAIN_SETTINGS_H
#define CLI_TRAIN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpblas.h"
#include "cli/common/args.h"
#include "cli/common/kinds.h"
#include "cli/common/plan_settings.h"
#include "cli/table/table.h"
#include "train_rule.h"
#include "train_whiten.h"

struct data_settings {
    const char *path, *test;             /* test NULL: what a folder holds */
    const char *inputs, *targets, *label; /* as in table.h */
    const char *test_targets, *test_label; /* of NumPy files */
    size_t train_first;                  /* 0: all */
    size_t validate_last;
    size_t pixel_scale;
    bool standardise;
    struct whiten whiten;
};

struct net_settings {
    struct widths layers; /* count 0: from the data */
    bpb_activation hidden, output;
    bpb_loss_kind loss;
    bpb_init init;
    double leak, elu_alpha, huber_delta, label_smoothing; /* 0: as the library has it */
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
    struct seeds seeds; /* count 0: seed alone */
    size_t folds;       /* 0: no cross-validation */
    size_t precision;
};

/* Whether the options go together. false: said why. */
bool train_check(const struct args *args);

/* What the data ask of a net. */
struct train_shape {
    size_t inputs;
    size_t outputs;   /* for classes, at least */
    bool has_classes; /* else numbers */
};

/* The net's widths: those asked for, where they fit the data, or 30 in one hidden layer. An int
 * code. */
int train_widths(const struct widths *asked, const struct train_shape *shape,
                 struct widths *widths);

/* The file of training samples, or of test samples, where it is no folder. */
struct table_settings train_table(const struct data_settings *data);
struct table_settings train_test_table(const struct data_settings *data);

/* What --output and --loss leave of the numbers: least and most that a target may be. */
void train_target_range(const struct net_settings *net, double *least, double *most);

/* Say why a net of these settings could not be made. An int code. */
int train_refuse_net(bpb_status status, const struct net_settings *net);

/* Set the notes: the program, the settings, the names of the data's folder and of the wisdom, the
 * seed where there are several, the scores. An int code. */
int bpb_cli_note_run(bpb_net *net, const struct args *args, uint64_t seed,
                      const bpb_progress *last);
int bpbf_cli_note_run(bpbf_net *net, const struct args *args, uint64_t seed,
                      const bpb_progress *last);

/* The command in one precision. An int code. */
int bpb_cli_train(const struct train_settings *settings, const struct args *args);
int bpbf_cli_train(const struct train_settings *settings, const struct args *args);

#endif
