/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_rule.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/common/command.h"
#include "cli/common/kinds.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct rule_settings, member)

/* ---- Options ---- */

/* clang-format off */
const struct option rule_optimiser_options[] = {
    {.name = "optimizer", .kind = &kind_optimizer, .offset = AT(optimizer), .value = "NAME",
     .preset = "sgd", .recorded = true,
     .help = "Method that moves the parameters theta by the gradient g of a mini-batch. "
             "sgd: theta <- theta - eta g. momentum and nesterov keep a velocity. adagrad, "
             "rmsprop, adam, amsgrad and adamw divide each entry of g by a running size of it. "
             "irprop+ and irprop- use only the signs of g, and require --batch all. bpblas.h has "
             "the equations."},
    {.name = "epochs", .kind = &kind_size, .offset = AT(epochs), .value = "N",
     .preset = "30", .recorded = true,
     .help = "Number of passes over the training samples. Each pass has a new random order."},
    {.name = "momentum", .kind = &kind_open, .offset = AT(momentum), .value = "X",
     .recorded = true, .absent = "0.9; for rmsprop no momentum",
     .help = "v <- X v + g, for momentum, nesterov and rmsprop."},
    {.name = "beta1", .kind = &kind_open, .offset = AT(beta1), .value = "X", .recorded = true,
     .absent = "0.9",
     .help = "m <- X m + (1 - X) g, the mean of the gradients, for adam, amsgrad and adamw."},
    {.name = "beta2", .kind = &kind_open, .offset = AT(beta2), .value = "X", .recorded = true,
     .absent = "0.999",
     .help = "s <- X s + (1 - X) g^2, the mean of the squares, for adam, amsgrad and adamw."},
    {.name = "rho", .kind = &kind_open, .offset = AT(rho), .value = "X", .recorded = true,
     .absent = "0.99",
     .help = "s <- X s + (1 - X) g^2, for rmsprop."},
    {.name = "epsilon", .kind = &kind_rate, .offset = AT(epsilon), .value = "X",
     .recorded = true, .absent = "1e-8; for adagrad 1e-10",
     .help = "Number added to sqrt(s), the divisor of the gradient, for adagrad, rmsprop, adam, "
             "amsgrad and adamw."},
    {.name = "centred", .kind = &kind_flag, .offset = AT(centred), .recorded = true,
     .help = "For rmsprop: use the variance s - m^2 in place of s, where m is the mean of g."},
    {.name = "amsgrad", .kind = &kind_flag, .offset = AT(amsgrad), .recorded = true,
     .help = "For adamw: use the largest s so far. For adam, --optimizer amsgrad does the same."},
    {.name = "clip-value", .kind = &kind_rate, .offset = AT(clip_value), .value = "X",
     .recorded = true, .absent = "no limit",
     .help = "Limit each entry of the gradient to -X .. X."},
    {.name = "clip-norm", .kind = &kind_rate, .offset = AT(clip_norm), .value = "X",
     .recorded = true, .absent = "no limit",
     .help = "Limit the 2-norm of the gradient to X: g <- g min(1, X / |g|). --clip-value is "
             "applied first."},
    {0},
};

const struct option rule_regularisation_options[] = {
    {.name = "lambda", .kind = &kind_penalty, .offset = AT(lambda), .value = "X",
     .preset = "0", .recorded = true,
     .help = "L2 regularisation, or weight decay: adds X / (2 n) sum w^2 to the loss that is "
             "minimised, with n training samples. The printed losses do not contain it."},
    {.name = "dropout", .kind = &kind_fraction, .offset = AT(dropout), .value = "P",
     .recorded = true, .absent = "0",
     .help = "In each training step, drop each hidden unit with probability P, and divide the "
             "others by 1 - P. Scores and the saved model use all units."},
    {.name = "dropout-inputs", .kind = &kind_fraction, .offset = AT(dropout_inputs),
     .value = "P", .recorded = true, .absent = "0",
     .help = "The same for the inputs."},
    {.name = "lambda1", .kind = &kind_penalty, .offset = AT(lambda1), .value = "X",
     .recorded = true, .absent = "0",
     .help = "L1 regularisation: adds X / n sum |w| to the loss that is minimised. With "
             "--decoupled, weights become exactly 0."},
    {.name = "decay", .kind = &kind_rate, .offset = AT(decay), .value = "X", .recorded = true,
     .absent = "0; 0.01 for adamw without --lambda and --lambda1",
     .help = "Weight decay in each step: adds X w to g. The same as --lambda with n X."},
    {.name = "decoupled", .kind = &kind_flag, .offset = AT(decoupled), .recorded = true,
     .help = "Apply the decay next to the step, not through g: w <- (1 - eta decay) w, then the "
             "step, then w moves towards 0 by eta times the L1 decay. adamw always does this."},
    {0},
};

const struct option rule_schedule_options[] = {
    {.name = "schedule", .kind = &kind_schedule, .offset = AT(schedule), .value = "NAME",
     .preset = "constant", .recorded = true,
     .help = "Learning rate eta after x epochs, where eta_0 is --eta. "
             "step: eta_0 factor^floor(x / every). exponential: eta_0 factor^x. "
             "inverse: eta_0 / (1 + rate x). cosine: half a wave, down to --eta-min at the last "
             "epoch. plateau: eta is multiplied by factor after --schedule-patience epochs "
             "without improvement. halving: eta is halved after as many, and the run ends when "
             "eta reaches --eta-min."},
    {.name = "warmup", .kind = &kind_penalty, .offset = AT(warmup), .value = "N",
     .recorded = true, .absent = "0",
     .help = "Increase eta in equal steps up to eta_0 over the first N epochs; N may be a "
             "fraction."},
    {.name = "eta-min", .kind = &kind_rate, .offset = AT(eta_min), .value = "X",
     .recorded = true, .absent = "0; for halving eta_0 / 128",
     .help = "Final eta of cosine, plateau and halving."},
    {.name = "schedule-factor", .kind = &kind_open, .offset = AT(schedule_factor),
     .value = "X", .recorded = true, .absent = "0.1; for exponential 0.95",
     .help = "Factor of step, exponential and plateau."},
    {.name = "schedule-every", .kind = &kind_rate, .offset = AT(schedule_every),
     .value = "N", .recorded = true, .absent = "10",
     .help = "Epochs between the steps of step."},
    {.name = "schedule-rate", .kind = &kind_rate, .offset = AT(schedule_rate),
     .value = "X", .recorded = true, .absent = "1",
     .help = "Rate of inverse, per epoch."},
    {.name = "schedule-patience", .kind = &kind_size, .offset = AT(schedule_patience),
     .value = "N", .recorded = true, .absent = "10",
     .help = "Epochs without improvement, for plateau and halving."},
    {0},
};

const struct option rule_stopping_options[] = {
    {.name = "patience", .kind = &kind_size, .offset = AT(patience), .value = "N",
     .recorded = true, .absent = "no early stopping",
     .help = "Early stopping: end the run after N epochs without improvement, and keep the "
             "weights of the best epoch. Epochs are compared by the accuracy of the validation "
             "samples (--validate-last). Without validation samples the training samples are "
             "used, and without accuracy the loss."},
    {.name = "keep-best", .kind = &kind_flag, .offset = AT(keep_best), .recorded = true,
     .help = "Keep the weights of the best epoch, also without --patience."},
    {.name = "by-loss", .kind = &kind_flag, .offset = AT(by_loss), .recorded = true,
     .help = "Compare epochs by the loss instead of the accuracy."},
    {.name = "min-delta", .kind = &kind_penalty, .offset = AT(min_delta), .value = "X",
     .recorded = true, .absent = "0",
     .help = "An epoch is an improvement only if it is better by more than X."},
    {.name = "target-loss", .kind = &kind_not_zero, .offset = AT(target_loss), .value = "X",
     .recorded = true, .absent = "none",
     .help = "End the run after an epoch with a loss of at most X, on the samples that --patience "
             "uses."},
    {.name = "time-limit", .kind = &kind_rate, .offset = AT(time_limit), .value = "SECONDS",
     .absent = "none",
     .help = "End the run with the first step after this time. With a checkpoint, --resume can "
             "continue it."},
    {0},
};

const struct option rule_checkpoint_options[] = {
    {.name = "checkpoint", .kind = &kind_path, .offset = AT(checkpoint), .value = "FILE",
     .help = "Write the whole state of the run to FILE, after each epoch and at the end. If "
             "SIGINT (Ctrl-C) or SIGTERM stops the run, it writes FILE first. If the run is "
             "killed, FILE is still complete."},
    {.name = "resume", .kind = &kind_flag, .offset = AT(resume), .with = "checkpoint",
     .help = "Resume the run in FILE. The result has the same bits as without an interruption. "
             "If FILE does not exist, begin a new run. So the same command can be repeated until "
             "the run is complete."},
    {.name = "checkpoint-steps", .kind = &kind_size, .offset = AT(checkpoint_steps),
     .value = "N", .with = "checkpoint", .absent = "after each epoch",
     .help = "Write FILE after every N mini-batches."},
    {.name = "checkpoint-seconds", .kind = &kind_rate, .offset = AT(checkpoint_seconds),
     .value = "S", .with = "checkpoint", .absent = "after each epoch",
     .help = "Write FILE after the first step after every S seconds."},
    {0},
};
/* clang-format on */

/* ---- Sets of methods, and of schedules ---- */

#define ONE(number) (1u << (number))
#define IRPROP (ONE(BPB_IRPROP_PLUS) | ONE(BPB_IRPROP_MINUS))
#define ADAMS (ONE(BPB_ADAM) | ONE(OPTIMIZER_AMSGRAD) | ONE(OPTIMIZER_ADAMW))
#define WITH_MOMENTUM (ONE(BPB_MOMENTUM) | ONE(BPB_NESTEROV) | ONE(BPB_RMSPROP))
#define WITH_ROOT (ADAMS | ONE(BPB_ADAGRAD) | ONE(BPB_RMSPROP))
#define WITH_FACTOR                                                                                \
    (ONE(BPB_SCHEDULE_STEP) | ONE(BPB_SCHEDULE_EXPONENTIAL) | ONE(BPB_SCHEDULE_PLATEAU))
#define BY_SCORES (ONE(BPB_SCHEDULE_PLATEAU) | ONE(BPB_SCHEDULE_HALVING))

static bool is_irprop(const struct rule_settings *rule)
{
    return ONE(rule->optimizer) & IRPROP;
}

static bool schedule_judges(const struct rule_settings *rule)
{
    return ONE(rule->schedule) & BY_SCORES;
}

bool rule_keeps_best(const struct rule_settings *rule)
{
    return rule->keep_best || rule->patience > 0;
}

/* ---- Defaults ---- */

const char *rule_default_eta(const struct rule_settings *rule, const char *for_sgd)
{
    switch (rule->optimizer) {
    case BPB_SGD:
        return for_sgd;
    case BPB_ADAGRAD:
    case BPB_RMSPROP:
        return "0.01";
    case BPB_IRPROP_PLUS:
    case BPB_IRPROP_MINUS:
        return NULL;
    default:
        return "0.001";
    }
}

const char *rule_default_batch(const struct rule_settings *rule)
{
    return is_irprop(rule) ? "all" : "10";
}

/* ---- Options against each other ---- */

/* An option, and the methods or schedules that it applies to. */
struct belonging {
    const char *option;
    unsigned to;       /* the sum of 1 << number */
    const char *names; /* for the message */
};

static const struct belonging to_methods[] = {
    {"momentum", WITH_MOMENTUM, "momentum, nesterov and rmsprop"},
    {"beta1", ADAMS, "adam, amsgrad and adamw"},
    {"beta2", ADAMS, "adam, amsgrad and adamw"},
    {"rho", ONE(BPB_RMSPROP), "rmsprop"},
    {"epsilon", WITH_ROOT, "adagrad, rmsprop, adam, amsgrad and adamw"},
    {"centred", ONE(BPB_RMSPROP), "rmsprop"},
    {"amsgrad", ONE(OPTIMIZER_ADAMW), "adamw (for adam, give --optimizer amsgrad)"},
    {0},
};

static const struct belonging to_schedules[] = {
    {"schedule-factor", WITH_FACTOR, "step, exponential and plateau"},
    {"schedule-every", ONE(BPB_SCHEDULE_STEP), "step"},
    {"schedule-rate", ONE(BPB_SCHEDULE_INVERSE), "inverse"},
    {"schedule-patience", BY_SCORES, "plateau and halving"},
    {"eta-min", ONE(BPB_SCHEDULE_COSINE) | BY_SCORES, "cosine, plateau and halving"},
    {0},
};

static bool check_belongings(const struct args *args, const struct belonging *belonging,
                             unsigned number, const char *chooser, const char *chosen)
{
    for (; belonging->option; belonging++) {
        if (!args_given(args, belonging->option) || (belonging->to & ONE(number)))
            continue;
        complain("--%s cannot be used with --%s %s: it applies to %s", belonging->option, chooser,
                 chosen, belonging->names);
        return false;
    }
    return true;
}

/* What has no effect is refused here, as for other methods; the rest the library refuses. */
static bool check_irprop(const struct args *args, const struct rule_settings *rule)
{
    if (!is_irprop(rule) || !args_given(args, "eta"))
        return true;
    complain("--eta cannot be used with --optimizer %s, which has no learning rate: remove it",
             optimizer_name(rule->optimizer));
    return false;
}

static bool check_decay(const struct rule_settings *rule)
{
    const bool decays = rule->decay > 0 || rule->lambda > 0 || rule->lambda1 > 0;
    if (!rule->decoupled || decays || rule->optimizer == OPTIMIZER_ADAMW)
        return true;
    complain("--decoupled requires a decay: give --decay, --lambda or --lambda1 too");
    return false;
}

/* The option that requires scores; NULL: none. */
static const char *scores_option(const struct rule_settings *rule)
{
    if (rule->patience > 0)
        return "--patience";
    if (rule->keep_best)
        return "--keep-best";
    if (schedule_judges(rule))
        return rule->schedule == BPB_SCHEDULE_PLATEAU ? "--schedule plateau" : "--schedule halving";
    return rule->target_loss != 0 ? "--target-loss" : NULL;
}

static bool check_scores(const struct args *args, const struct rule_settings *rule, bool has_scores)
{
    static const char *const how[] = {"min-delta", "by-loss", NULL};
    const bool compares = rule_keeps_best(rule) || schedule_judges(rule);
    const char *option = args_first_given(args, how);
    if (option && !compares) {
        complain(
            "--%s requires a comparison of epochs: give --patience, --keep-best, or --schedule "
            "plateau or halving too",
            option);
        return false;
    }
    const char *asking = scores_option(rule);
    if (asking && !has_scores)
        complain("%s requires scores, but --no-train-score removes them: give --validate-last too, "
                 "or remove --no-train-score",
                 asking);
    return !asking || has_scores;
}

static bool check_several(const struct args *args)
{
    static const char *const several[] = {"folds", "seeds", NULL};
    const char *option = args_first_given(args, several);
    if (option)
        complain("--checkpoint holds one run, but --%s makes several: remove one of the options",
                 option);
    return !option;
}

/* The checkpoint must not be another file of the run. */
static bool check_file(const char *checkpoint, const char *option, const char *path)
{
    if (!path || strcmp(path, checkpoint) != 0)
        return true;
    complain("--checkpoint and --%s name the same file: give two different names", option);
    return false;
}

static bool check_checkpoint(const struct args *args, const struct rule_settings *rule,
                             const struct rule_context *context)
{
    const char *path = rule->checkpoint;
    return !path || (check_several(args) && check_file(path, "save", context->save) &&
                     check_file(path, "log", context->log));
}

bool rule_check(const struct args *args, const struct rule_settings *rule,
                const struct rule_context *context)
{
    return check_belongings(args, to_methods, (unsigned)rule->optimizer, "optimizer",
                            optimizer_name(rule->optimizer)) &&
           check_belongings(args, to_schedules, rule->schedule, "schedule",
                            bpb_name(BPB_NAMES_SCHEDULE, rule->schedule)) &&
           check_irprop(args, rule) && check_decay(rule) &&
           check_scores(args, rule, context->has_scores) && check_checkpoint(args, rule, context);
}

/* ---- What the library refuses ---- */

/* The fields of bpb_train_options whose option is not called like their last part. */
static const struct {
    const char *field, *option;
} renamed[] = {
    {"lambda_1", "lambda1"},
    {"schedule.kind", "schedule"},
    {"schedule.factor", "schedule-factor"},
    {"schedule.every", "schedule-every"},
    {"schedule.rate", "schedule-rate"},
    {"schedule.patience", "schedule-patience"},
    {"stop.seconds", "time-limit"},
    {"checkpoint.steps", "checkpoint-steps"},
    {"checkpoint.seconds", "checkpoint-seconds"},
};

static void name_option(const char *field, char *option, size_t bytes)
{
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        if (strcmp(renamed[i].field, field) != 0)
            continue;
        snprintf(option, bytes, "%s", renamed[i].option);
        return;
    }
    const char *dot = strchr(field, '.');
    snprintf(option, bytes, "%s", dot ? dot + 1 : field);
    for (; *option; option++)
        *option = (char)(*option == '_' ? '-' : *option);
}

int rule_explain(void)
{
    const char *why = bpb_error();
    const size_t n = strcspn(why, " ");
    char field[64], option[64];
    snprintf(field, sizeof field, "%.*s", (int)n, why);
    name_option(field, option, sizeof option);
    complain("--%s%s", option, why + n);
    return CODE_USAGE;
}

/* ---- The options of a run ---- */

static bpb_method_options tuning(const struct rule_settings *rule)
{
    return (bpb_method_options){
        .momentum = rule->momentum,
        .rho = rule->rho,
        .centred = rule->centred,
        .beta1 = rule->beta1,
        .beta2 = rule->beta2,
        .epsilon = rule->epsilon,
        .amsgrad = rule->amsgrad || rule->optimizer == OPTIMIZER_AMSGRAD,
        .clip_value = rule->clip_value,
        .clip_norm = rule->clip_norm,
    };
}

/* The lambda of which lambda / n is the decay, to the last bit if there is one. */
static double lambda_of(double decay, double n)
{
    const double product = decay * n,
                 others[] = {nextafter(product, 0), nextafter(product, INFINITY)};
    for (size_t i = 0; i < 2 && product / n != decay; i++)
        if (others[i] / n == decay)
            return others[i];
    return product;
}

/* L2: --lambda, or --decay of each step; 0.01 a step for adamw, which always decays. */
static double lambda(const struct rule_settings *rule, size_t n)
{
    const bool decays = rule->decay > 0 || rule->lambda > 0 || rule->lambda1 > 0;
    const double decay = rule->optimizer == OPTIMIZER_ADAMW && !decays ? 0.01 : rule->decay;
    return rule->lambda + lambda_of(decay, (double)n);
}

static bpb_schedule schedule(const struct rule_settings *rule)
{
    return (bpb_schedule){
        .kind = rule->schedule,
        .factor = rule->schedule_factor,
        .every = rule->schedule_every,
        .rate = rule->schedule_rate,
        .eta_min = rule->eta_min,
        .patience = rule->schedule_patience,
        .warmup = rule->warmup,
    };
}

void rule_fill(const struct rule_settings *rule, size_t n, bpb_train_options *options)
{
    options->eta = rule->eta;
    options->lambda = lambda(rule, n);
    options->lambda_1 = rule->lambda1;
    options->batch = rule->batch;
    options->epochs = rule->epochs;
    options->method = rule->optimizer < OPTIMIZER_AMSGRAD ? (bpb_method)rule->optimizer : BPB_ADAM;
    options->decoupled = rule->decoupled || rule->optimizer == OPTIMIZER_ADAMW;
    options->tuning = tuning(rule);
    options->schedule = schedule(rule);
    options->dropout = rule->dropout;
    options->dropout_inputs = rule->dropout_inputs;
    options->stop = (bpb_stop){
        .patience = rule->patience,
        .min_delta = rule->min_delta,
        .by_loss = rule->by_loss,
        .keep_best = rule_keeps_best(rule),
        .target_loss = rule->target_loss,
        .seconds = rule->time_limit,
    };
    options->checkpoint = (bpb_checkpoint){
        .path = rule->checkpoint,
        .steps = rule->checkpoint_steps,
        .seconds = rule->checkpoint_seconds,
        .resume = rule->resume,
    };
}
