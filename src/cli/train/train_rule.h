/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train: optimiser, regularisation, schedule, stopping and checkpoints. In the settings 0,
 * NULL and false stand for the defaults of the library. */
#ifndef CLI_TRAIN_RULE_H
#define CLI_TRAIN_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"
#include "cli/common/args.h"

struct rule_settings {
    double eta, lambda;
    size_t batch; /* SIZE_MAX: all samples */
    size_t epochs;

    size_t optimizer; /* see kind_optimizer */
    double momentum, beta1, beta2, rho, epsilon;
    bool centred, amsgrad, decoupled;
    double decay, lambda1, clip_value, clip_norm, dropout, dropout_inputs;

    bpb_schedule_kind schedule;
    double schedule_factor, schedule_every, schedule_rate, eta_min, warmup;
    size_t schedule_patience;

    size_t patience;
    bool keep_best, by_loss;
    double min_delta, target_loss, time_limit;

    const char *checkpoint;
    size_t checkpoint_steps;
    double checkpoint_seconds;
    bool resume;
};

/* Tables of options of a struct rule_settings, except --eta and --batch, whose defaults depend on
 * the data too. */
extern const struct option rule_optimiser_options[], rule_regularisation_options[],
    rule_schedule_options[], rule_stopping_options[], rule_checkpoint_options[];

/* The default of --eta for the method: for_sgd for SGD; NULL for iRPROP, which has none. */
const char *rule_default_eta(const struct rule_settings *rule, const char *for_sgd);
/* The default of --batch: "10", or "all" for iRPROP. */
const char *rule_default_batch(const struct rule_settings *rule);

/* Other options that a rule must fit. */
struct rule_context {
    bool has_scores;        /* epochs have scores to compare them by */
    const char *save, *log; /* files; NULL: none */
};

/* Whether the options go together. false: said why. */
bool rule_check(const struct args *args, const struct rule_settings *rule,
                const struct rule_context *context);

/* Say which option the library refuses, after BPB_ERR_OPTION of bpb_train. Returns the code. */
int rule_explain(void);

/* Copy the settings into the options of a run. */
void rule_fill(const struct rule_settings *rule, size_t n, bpb_train_options *options);

/* Whether the weights of the best epoch are kept. */
bool rule_keeps_best(const struct rule_settings *rule);

#endif
