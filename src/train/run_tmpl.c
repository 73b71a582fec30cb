/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run needs before its first step. */
#include "train/run_tmpl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_BATCH 10
#define DEFAULT_EPOCHS 30
#define PART 1024 /* columns of a pass, where a batch has more and its gradient is kept */

/* ---- Options ---- */

static bool is_irprop(bpb_method method)
{
    return method == BPB_IRPROP_PLUS || method == BPB_IRPROP_MINUS;
}

static bool is_penalty(double x)
{
    return isfinite(x) && x >= 0;
}

static bpb_status check_flags(const bpb_train_options *options)
{
    REQUIRE(is_flag(options->decay_biases) && is_flag(options->no_shuffle), BPB_ERR_OPTION);
    REQUIRE(is_flag(options->no_train_score) && is_flag(options->norms), BPB_ERR_OPTION);
    REQUIRE(is_flag(options->stop.by_loss) && is_flag(options->stop.keep_best), BPB_ERR_OPTION);
    REQUIRE(is_flag(options->checkpoint.resume) && is_flag(options->optimiser.decay_biases),
            BPB_ERR_OPTION);
    return BPB_OK;
}

static bpb_status check_numbers(const bpb_train_options *options)
{
    REQUIRE(is_penalty(options->eta) && is_penalty(options->lambda), BPB_ERR_OPTION);
    REQUIRE(is_penalty(options->lambda_1), BPB_ERR_OPTION);
    /* before the run's are added to these, or stand in their place */
    REQUIRE(is_penalty(options->optimiser.decay) && is_penalty(options->optimiser.decay_1) &&
                is_penalty(options->optimiser.eta),
            BPB_ERR_OPTION);
    REQUIRE(is_penalty(options->stop.min_delta) && is_penalty(options->stop.seconds),
            BPB_ERR_OPTION);
    REQUIRE(isfinite(options->stop.target_loss), BPB_ERR_OPTION);
    REQUIRE(is_penalty(options->checkpoint.seconds), BPB_ERR_OPTION);
    REQUIRE(options->checkpoint.path || !options->checkpoint.resume, BPB_ERR_OPTION);
    return BPB_OK;
}

/* The optimiser's options, to which those of the run are added. */
static bpb_opt_options rule_of(const bpb_train_options *options, size_t n)
{
    bpb_opt_options rule = options->optimiser;
    rule.decay += options->lambda / (double)n;
    rule.decay_1 += options->lambda_1 / (double)n;
    rule.decay_biases = rule.decay_biases || options->decay_biases;
    if (options->eta > 0)
        rule.eta = options->eta;
    return rule;
}

/* iRPROP has all columns in a batch, and no eta. */
static bpb_status choose_batch(struct run *run)
{
    const size_t asked = run->options->batch;
    run->batch = BPB_MIN(asked ? asked : DEFAULT_BATCH, run->n);
    if (!is_irprop(run->rule.method))
        return BPB_OK;
    REQUIRE(asked == 0 || asked >= run->n, BPB_ERR_OPTION);
    REQUIRE(run->options->schedule.kind == BPB_SCHEDULE_CONSTANT, BPB_ERR_OPTION);
    REQUIRE(run->options->schedule.warmup == 0, BPB_ERR_OPTION);
    run->batch = run->n;
    return BPB_OK;
}

/* Gradient and update in one, without a gradient buffer. */
static bool is_fused(const struct run *run)
{
    const bpb_opt_options *rule = &run->rule;
    return rule->method == BPB_SGD && rule->decay_1 == 0 && rule->clip_norm == 0 &&
           rule->clip_value == 0 && !run->options->norms;
}

static bpb_status check_judge(const struct run *run)
{
    const bool has_columns =
        !run->options->no_train_score || BPB(set_columns)(&run->data->validation) > 0;
    REQUIRE(has_columns || !bpb_rules_judge(&run->options->stop, &run->options->schedule),
            BPB_ERR_OPTION);
    return BPB_OK;
}

bpb_status BPB(run_options)(struct run *run)
{
    const bpb_train_options *options = run->options;
    TRY(check_flags(options));
    TRY(check_numbers(options));
    TRY(check_judge(run));
    TRY(BPB(trainable_check)(run->net));
    run->n = BPB(set_columns)(&run->data->train);
    REQUIRE(run->n <= (options->no_shuffle ? SIZE_MAX / sizeof *run->order : UINT32_MAX),
            BPB_ERR_SIZE);
    run->rule = rule_of(options, run->n);
    REQUIRE(run->rule.method != BPB_SGD || run->rule.eta > 0, BPB_ERR_OPTION);
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
    bpb_status status = BPB(plan_create)(&run->plan, run->net, &plan);
    if (status == BPB_ERR_FORMAT && wisdom != options->wisdom) { // that of another machine
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
    REQUIRE(run->gradient && (run->part || run->pass == run->batch), BPB_ERR_MEMORY);
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
    REQUIRE(run->order, BPB_ERR_MEMORY);
    for (size_t i = 0; i < run->n; i++)
        run->order[i] = i;
    run->stage.env = &run->env;
    TRY(BPB(stage_alloc)(&run->stage, run->net, run->data, run->pass));
    TRY(alloc_optimiser(run));
    TRY(alloc_schedule(run));
    TRY(alloc_plan(run, wisdom));
    if (run->options->stop.keep_best) {
        run->best = make_vector(run);
        REQUIRE(run->best, BPB_ERR_MEMORY);
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
