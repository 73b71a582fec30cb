/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train: how theta follows the gradient, when eta changes, when the run ends, and the file
 * it is kept in. 0, NULL and false stand for the library's defaults. */
#ifndef CLI_TRAIN_RULE_H
#define CLI_TRAIN_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"
#include "cli/common/args.h"
#include "cli/common/kinds.h"

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

/* The default of --eta for the method, by_sgd for SGD; NULL for iRPROP, which has none. */
const char *rule_default_eta(const struct rule_settings *rule, const char *by_sgd);
/* Of --batch: "10", or "all" for iRPROP. */
const char *rule_default_batch(const struct rule_settings *rule);

/* What else the command line says that a rule has to fit. */
struct rule_context {
    bool has_scores;        /* of epochs, to compare them by */
    size_t precision;       /* bytes of a real */
    const char *save, *log; /* files; NULL: none */
};

/* Whether the options go together. false: said why. */
bool rule_check(const struct args *args, const struct rule_settings *rule,
                const struct rule_context *context);

/* What the settings say, into the options of a run over n samples. */
void rule_fill(const struct rule_settings *rule, size_t n, bpb_train_options *options);

/* Whether epochs are compared and the best one's weights are those that stay. */
bool rule_keeps_best(const struct rule_settings *rule);

#define RULE_AT(settings, member) offsetof(settings, rule.member)

/* The options that fill settings.rule, but --eta, --lambda, --batch and --epochs. */
/* clang-format off */
#define RULE_OPTIONS(settings)                                                                     \
    {.name = "optimizer", .kind = &kind_optimizer, .offset = RULE_AT(settings, optimizer),            \
     .value = "NAME", .preset = "sgd", .recorded = true,                                           \
     .help = "how theta follows the gradient g of a mini-batch. sgd: theta <- theta - eta g; "     \
             "momentum and nesterov keep a velocity; adagrad, rmsprop, adam, amsgrad and adamw "   \
             "divide each entry by a running size of its g; irprop+ and irprop- look at signs "    \
             "alone and need all samples in each step (--batch all). The equations stand in "      \
             "bpblas.h"},                                                                          \
    {.name = "momentum", .kind = &kind_open, .offset = RULE_AT(settings, momentum), .value = "X",  \
     .recorded = true,                                                                             \
     .help = "v <- X v + g, for momentum, nesterov and rmsprop; without it 0.9, for rmsprop no v"},\
    {.name = "beta1", .kind = &kind_open, .offset = RULE_AT(settings, beta1), .value = "X",        \
     .recorded = true,                                                                             \
     .help = "m <- X m + (1 - X) g, the mean of gradients of adam, amsgrad and adamw; without "    \
             "it 0.9"},                                                                            \
    {.name = "beta2", .kind = &kind_open, .offset = RULE_AT(settings, beta2), .value = "X",        \
     .recorded = true,                                                                             \
     .help = "s <- X s + (1 - X) g^2, their mean of squares; without it 0.999"},                   \
    {.name = "rho", .kind = &kind_open, .offset = RULE_AT(settings, rho), .value = "X",            \
     .recorded = true,                                                                             \
     .help = "s <- X s + (1 - X) g^2 of rmsprop; without it 0.99"},                                \
    {.name = "epsilon", .kind = &kind_rate, .offset = RULE_AT(settings, epsilon), .value = "X",    \
     .recorded = true,                                                                             \
     .help = "what is added to sqrt s below the gradient, for adagrad, rmsprop, adam, amsgrad "    \
             "and adamw; without it 1e-8, for adagrad 1e-10"},                                     \
    {.name = "centred", .kind = &kind_flag, .offset = RULE_AT(settings, centred),                  \
     .recorded = true,                                                                             \
     .help = "for rmsprop: take the variance s - m^2 in place of s, m being the mean of g"},       \
    {.name = "amsgrad", .kind = &kind_flag, .offset = RULE_AT(settings, amsgrad),                  \
     .recorded = true,                                                                             \
     .help = "for adamw: take the largest s so far, as --optimizer amsgrad does for adam"},        \
    {.name = "lambda1", .kind = &kind_penalty, .offset = RULE_AT(settings, lambda1), .value = "X", \
     .recorded = true,                                                                             \
     .help = "L1: adds X / n sum |w| over n training samples to the loss that is minimised; "      \
             "with --decoupled weights become exactly 0; without it 0"},                           \
    {.name = "decay", .kind = &kind_rate, .offset = RULE_AT(settings, decay), .value = "X",        \
     .recorded = true,                                                                             \
     .help = "weight decay for each step: g has X w more; the same as --lambda of n X. Without "   \
             "it 0, for adamw without --lambda and --lambda1 0.01"},                               \
    {.name = "decoupled", .kind = &kind_flag, .offset = RULE_AT(settings, decoupled),              \
     .recorded = true,                                                                             \
     .help = "decay beside the step and not in g: w <- (1 - eta decay) w, then the step, then w "  \
             "is drawn towards 0 by eta times the L1 decay; adamw always does so"},                \
    {.name = "clip-value", .kind = &kind_rate, .offset = RULE_AT(settings, clip_value),            \
     .value = "X", .recorded = true,                                                               \
     .help = "put each entry of the gradient within -X .. X; without it, no bound"},               \
    {.name = "clip-norm", .kind = &kind_rate, .offset = RULE_AT(settings, clip_norm),              \
     .value = "X", .recorded = true,                                                               \
     .help = "make the gradient shorter, g min(1, X / |g|), where its 2-norm is above X; after "   \
             "--clip-value; without it, no bound"},                                                \
    {.name = "dropout", .kind = &kind_fraction, .offset = RULE_AT(settings, dropout),              \
     .value = "P", .recorded = true,                                                               \
     .help = "in each training step leave each hidden unit out with probability P, and divide "    \
             "those that stay by 1 - P; scores and the saved model have all units; without it 0"}, \
    {.name = "dropout-inputs", .kind = &kind_fraction, .offset = RULE_AT(settings, dropout_inputs),\
     .value = "P", .recorded = true,                                                               \
     .help = "the same for the inputs; without it 0"},                                             \
    {.name = "schedule", .kind = &kind_schedule, .offset = RULE_AT(settings, schedule),            \
     .value = "NAME", .preset = "constant", .recorded = true,                                      \
     .help = "eta after x epochs, from eta_0 = --eta. step: eta_0 factor^floor(x / every); "       \
             "exponential: eta_0 factor^x; inverse: eta_0 / (1 + rate x); cosine: half a wave "    \
             "down to --eta-min at the last epoch; plateau: factor eta after so many epochs "      \
             "without a better one; halving: eta / 2 then, and the run ends once eta has come "    \
             "down to --eta-min"},                                                                 \
    {.name = "schedule-factor", .kind = &kind_open, .offset = RULE_AT(settings, schedule_factor),  \
     .value = "X", .recorded = true,                                                               \
     .help = "factor of step, exponential and plateau; without it 0.1, for exponential 0.95"},     \
    {.name = "schedule-every", .kind = &kind_rate, .offset = RULE_AT(settings, schedule_every),    \
     .value = "N", .recorded = true, .help = "epochs of a step; without it 10"},                   \
    {.name = "schedule-rate", .kind = &kind_rate, .offset = RULE_AT(settings, schedule_rate),      \
     .value = "X", .recorded = true, .help = "rate of inverse, for an epoch; without it 1"},       \
    {.name = "schedule-patience", .kind = &kind_size,                                              \
     .offset = RULE_AT(settings, schedule_patience), .value = "N", .recorded = true,               \
     .help = "epochs without a better one, for plateau and halving; without it 10"},               \
    {.name = "eta-min", .kind = &kind_rate, .offset = RULE_AT(settings, eta_min), .value = "X",    \
     .recorded = true,                                                                             \
     .help = "where cosine, plateau and halving end; without it 0, for halving eta_0 / 128"},      \
    {.name = "warmup", .kind = &kind_penalty, .offset = RULE_AT(settings, warmup), .value = "N",   \
     .recorded = true,                                                                             \
     .help = "over the first N epochs, or part of one, eta rises in equal steps to eta_0, where "  \
             "the schedule begins; without it 0"},                                                 \
    {.name = "patience", .kind = &kind_size, .offset = RULE_AT(settings, patience), .value = "N",  \
     .recorded = true,                                                                             \
     .help = "early stopping: end after N epochs without a better one, and keep the weights of "   \
             "the best. An epoch is better by its accuracy on the samples of --validate-last, or " \
             "on the training samples without any, or by the loss where there is no accuracy"},    \
    {.name = "keep-best", .kind = &kind_flag, .offset = RULE_AT(settings, keep_best),              \
     .recorded = true,                                                                             \
     .help = "keep the weights of the best epoch, without --patience too"},                        \
    {.name = "min-delta", .kind = &kind_penalty, .offset = RULE_AT(settings, min_delta),           \
     .value = "X", .recorded = true,                                                               \
     .help = "a better epoch improves by more than X; without it 0"},                              \
    {.name = "by-loss", .kind = &kind_flag, .offset = RULE_AT(settings, by_loss),                  \
     .recorded = true, .help = "compare epochs by the loss, not by the accuracy"},                 \
    {.name = "target-loss", .kind = &kind_not_zero, .offset = RULE_AT(settings, target_loss),      \
     .value = "X", .recorded = true,                                                               \
     .help = "end after an epoch whose loss, on the samples that --patience goes by, is not "      \
             "above X"},                                                                           \
    {.name = "time-limit", .kind = &kind_rate, .offset = RULE_AT(settings, time_limit),            \
     .value = "SECONDS",                                                                           \
     .help = "end with the first step after so much time; a later run with --resume goes on"},     \
    {.name = "checkpoint", .kind = &kind_path, .offset = RULE_AT(settings, checkpoint),            \
     .value = "FILE",                                                                              \
     .help = "keep the whole state of the run in FILE, after each epoch and where the run ends. "  \
             "Stopped by SIGINT (Ctrl-C) or SIGTERM it writes FILE first; killed at any moment, "  \
             "it leaves a whole one behind"},                                                      \
    {.name = "checkpoint-steps", .kind = &kind_size,                                               \
     .offset = RULE_AT(settings, checkpoint_steps), .value = "N", .with = "checkpoint",            \
     .help = "write FILE after every N mini-batches and not after each epoch"},                    \
    {.name = "checkpoint-seconds", .kind = &kind_rate,                                             \
     .offset = RULE_AT(settings, checkpoint_seconds), .value = "S", .with = "checkpoint",          \
     .help = "write FILE after the first step behind every S seconds and not after each epoch"},   \
    {.name = "resume", .kind = &kind_flag, .offset = RULE_AT(settings, resume),                    \
     .with = "checkpoint",                                                                         \
     .help = "go on with the run in FILE, to the same bits as if it had not been interrupted; "    \
             "where there is no FILE, begin. So one command can be given again until it is done"}
/* clang-format on */

#endif
