/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run needs before its first step. */
#include "train/run_tmpl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ranges.h"

#define DEFAULT_BATCH 10
#define DEFAULT_EPOCHS 30
#define PART 1024 /* columns of a pass, where a batch has more and its gradient is kept */

/* ---- Options ---- */

static bool is_irprop(bpb_method method)
{
    return method == BPB_IRPROP_PLUS || method == BPB_IRPROP_MINUS;
}

static bpb_status check_reserved(const bpb_train_options *options)
{
    TRY(bpb_option_reserved("", options->reserved));
    TRY(bpb_option_reserved("tuning.", options->tuning.reserved));
    TRY(bpb_option_reserved("schedule.", options->schedule.reserved));
    TRY(bpb_option_reserved("stop.", options->stop.reserved));
    return bpb_option_reserved("checkpoint.", options->checkpoint.reserved);
}

static bpb_status check_flags(const bpb_train_options *options)
{
    TRY(bpb_option_flag("decay_biases", options->decay_biases));
    TRY(bpb_option_flag("decoupled", options->decoupled));
    TRY(bpb_option_flag("no_shuffle", options->no_shuffle));
    TRY(bpb_option_flag("no_train_score", options->no_train_score));
    TRY(bpb_option_flag("norms", options->norms));
    TRY(bpb_option_flag("stop.by_loss", options->stop.by_loss));
    TRY(bpb_option_flag("stop.keep_best", options->stop.keep_best));
    return bpb_option_flag("checkpoint.resume", options->checkpoint.resume);
}

static bpb_status check_numbers(const bpb_train_options *options)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"eta", options->eta},
                   {"lambda", options->lambda},
                   {"lambda_1", options->lambda_1},
                   {"stop.min_delta", options->stop.min_delta},
                   {"stop.seconds", options->stop.seconds},
                   {"checkpoint.seconds", options->checkpoint.seconds}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        TRY(bpb_option_number(numbers[i].name, numbers[i].value, OPTION_AT_LEAST_0, DBL_MAX));
    REQUIRE(isfinite(options->stop.target_loss), BPB_ERR_OPTION,
            "stop.target_loss is %g; it must be finite", options->stop.target_loss);
    REQUIRE(options->checkpoint.path || !options->checkpoint.resume, BPB_ERR_OPTION,
            "checkpoint.resume is 1 and checkpoint.path is NULL; resuming requires a path");
    return BPB_OK;
}

static bpb_opt_options rule_of(const bpb_train_options *options, size_t n)
{
    return (bpb_opt_options){.method = options->method,
                             .eta = options->eta,
                             .decay = options->lambda / (double)n,
                             .decay_1 = options->lambda_1 / (double)n,
                             .decay_biases = options->decay_biases,
                             .decoupled = options->decoupled,
                             .tuning = options->tuning};
}

/* What the optimiser would call decay. */
static bpb_status check_penalties(const struct run *run)
{
    const double largest = BPB_SELECT(DBL_MAX, (double)FLT_MAX);
    TRY(bpb_option_number("lambda / n", run->rule.decay, OPTION_AT_LEAST_0, largest));
    return bpb_option_number("lambda_1 / n", run->rule.decay_1, OPTION_AT_LEAST_0, largest);
}

/* iRPROP has all columns in a batch, and no eta. */
static bpb_status choose_batch(struct run *run)
{
    const size_t asked = run->options->batch;
    const char *method = bpb_name(BPB_NAMES_METHOD, (int)run->rule.method);
    run->batch = BPB_MIN(asked ? asked : DEFAULT_BATCH, run->n);
    if (!is_irprop(run->rule.method))
        return BPB_OK;
    REQUIRE(
        asked == 0 || asked >= run->n, BPB_ERR_OPTION,
        "batch is %zu; it must be 0 or at least %zu, because the method %s requires all columns",
        asked, run->n, method);
    REQUIRE(run->options->schedule.kind == BPB_SCHEDULE_CONSTANT, BPB_ERR_OPTION,
            "schedule.kind must be constant, because the method %s has no eta", method);
    REQUIRE(run->options->schedule.warmup == 0, BPB_ERR_OPTION,
            "schedule.warmup is %g; it must be 0, because the method %s has no eta",
            run->options->schedule.warmup, method);
    run->batch = run->n;
    return BPB_OK;
}

/* Gradient and update in one, without a gradient buffer. */
static bool is_fused(const struct run *run)
{
    const bpb_opt_options *rule = &run->rule;
    return rule->method == BPB_SGD && rule->decay_1 == 0 && rule->tuning.clip_norm == 0 &&
           rule->tuning.clip_value == 0 && !run->options->norms;
}

/* What compares epochs, or NULL. */
static const char *judging_option(const bpb_train_options *options)
{
    if (options->stop.patience > 0)
        return "stop.patience";
    if (options->stop.keep_best)
        return "stop.keep_best";
    return options->stop.target_loss != 0 ? "stop.target_loss" : "schedule.kind";
}

static bpb_status check_judge(const struct run *run)
{
    const bpb_train_options *options = run->options;
    const bool has_columns =
        !options->no_train_score || BPB(set_columns)(&run->data->validation) > 0;
    REQUIRE(has_columns || !bpb_rules_judge(&options->stop, &options->schedule), BPB_ERR_OPTION,
            "%s compares epochs; it requires validation columns if no_train_score is 1",
            judging_option(options));
    return BPB_OK;
}

static bpb_status check_columns(struct run *run)
{
    const size_t most = run->options->no_shuffle ? SIZE_MAX / sizeof *run->order : UINT32_MAX;
    run->n = BPB(set_columns)(&run->data->train);
    REQUIRE(run->n <= most, BPB_ERR_SIZE,
            "the training data have %zu columns; at most %zu can be %s", run->n, most,
            run->options->no_shuffle ? "listed" : "shuffled");
    return BPB_OK;
}

bpb_status BPB(run_options)(struct run *run)
{
    const bpb_train_options *options = run->options;
    TRY(check_reserved(options));
    TRY(check_flags(options));
    TRY(check_numbers(options));
    TRY(check_judge(run));
    TRY(BPB(trainable_check)(run->net));
    TRY(check_columns(run));
    run->rule = rule_of(options, run->n);
    TRY(check_penalties(run));
    REQUIRE(run->rule.method != BPB_SGD || run->rule.eta > 0, BPB_ERR_OPTION,
            "eta is 0; the method sgd requires an eta above 0");
    TRY(choose_batch(run));
    run->pass = is_fused(run) ? run->batch : BPB_MIN(run->batch, PART);
    run->progress = (bpb_progress){
        .epochs = options->epochs ? options->epochs : DEFAULT_EPOCHS,
        .steps = (run->n - 1) / run->batch + 1,
        .loss = NAN,
        .gradient_norm = NAN,
        .theta_norm = NAN,
        .net = run->net,
    };
    return BPB_OK;
}

/* ---- Memory ---- */

static real *make_vector(const struct run *run)
{
    return calloc(run->net->shape->parameters, sizeof(real));
}

static bpb_status alloc_plan(struct run *run, const char *wisdom)
{
    const bpb_train_options *options = run->options;
    bpb_plan_options plan = {.batch = run->pass,
                             .threads = options->threads,
                             .dropout = options->dropout,
                             .dropout_inputs = options->dropout_inputs,
                             .planning = options->planning,
                             .wisdom = wisdom};
    struct error_note kept;
    bpb_error_keep(&kept);
    bpb_status status = BPB(plan_create)(&run->plan, run->net, &plan);
    if (status == BPB_ERR_FORMAT && wisdom != options->wisdom) { // that of another machine
        bpb_error_restore(&kept);
        plan.wisdom = options->wisdom;
        status = BPB(plan_create)(&run->plan, run->net, &plan);
    }
    TRY(status);
    return BPB(work_create)(&run->work, run->plan);
}

static bpb_status alloc_optimiser(struct run *run)
{
    TRY(BPB(opt_create)(&run->opt, run->net, &run->rule)); // which checks all of the rule
    run->eta_0 = is_irprop(run->rule.method) ? 0 : BPB(opt_eta)(run->opt);
    if (is_fused(run)) {
        BPB(opt_destroy)(&run->opt);
        return BPB_OK;
    }
    run->gradient = make_vector(run);
    run->part = run->pass < run->batch ? make_vector(run) : NULL;
    REQUIRE(run->gradient && (run->part || run->pass == run->batch), BPB_ERR_MEMORY,
            "no memory for a gradient of %zu parameters", run->net->shape->parameters);
    return BPB_OK;
}

static bpb_status alloc_schedule(struct run *run)
{
    run->schedule = run->options->schedule;
    TRY(bpb_schedule_complete(&run->schedule, run->eta_0));
    run->judge = (struct judge){.eta = run->eta_0, .loss = NAN};
    run->progress.eta = run->eta_0;
    return BPB_OK;
}

bpb_status BPB(run_alloc)(struct run *run, const char *wisdom)
{
    run->order = malloc(run->n * sizeof *run->order);
    REQUIRE(run->order, BPB_ERR_MEMORY, "no memory for the order of %zu columns", run->n);
    for (size_t i = 0; i < run->n; i++)
        run->order[i] = i;
    run->stage.env = &run->env;
    TRY(BPB(stage_alloc)(&run->stage, run->net, run->data, run->pass));
    TRY(alloc_optimiser(run));
    TRY(alloc_schedule(run));
    TRY(alloc_plan(run, wisdom));
    if (run->options->stop.keep_best) {
        run->best = make_vector(run);
        REQUIRE(run->best, BPB_ERR_MEMORY, "no memory for the weights of the best epoch");
    }
    return BPB_OK;
}

void BPB(run_free)(struct run *run)
{
    BPB(opt_destroy)(&run->opt);
    BPB(work_destroy)(&run->work);
    BPB(plan_destroy)(&run->plan);
    BPB(stage_free)(&run->stage);
    free(run->gradient);
    free(run->part);
    free(run->best);
    free(run->order);
    free(run->keeper.bytes);
    free(run->keeper.wisdom);
    free(run->keeper.history);
}
