/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps and gradients beside the peak, their bare products, threads and functions of one's own. */
#include "figures.h"

/* Add a side that does steps of the library. Fails if they are wrong. */
static bpb_status step_side(struct match *match, const char *name, const struct bench_case *shape,
                            enum precision precision)
{
    void *stage;
    TRY(match_checked_stage(match, shape, precision, 1, &stage));
    return kit_of(precision)->library(match_side(match, name, OP_STEP), stage, 1);
}

/* flops / time over peak_flops / peak time */
bpb_status measure_peak(struct match *match, const struct figure *figure)
{
    enum { STEP, BARE, PEAK };
    const struct bench_case *shape = case_named(figure->name);
    const struct kit *kit = kit_of(figure->precision);
    void *stage;
    double peak_flops;
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    TRY(kit->library(match_side(match, "step", OP_STEP), stage, 1));
    TRY(kit->products(match_side(match, "bare", OP_STEP), stage));
    kit->peak(match_side(match, "peak", OP_STEP), &peak_flops);
    TRY(match_time(match));
    const double factor = case_flops(shape, OP_STEP) / peak_flops;
    TRY(match_ratio_line(match, goal_line(figure, ""), factor, SIDE(PEAK), SIDE(STEP)));
    return match_ratio_line(match, line_of(figure, "bare"), factor, SIDE(PEAK), SIDE(BARE));
}

bpb_status measure_threads(struct match *match, const struct figure *figure)
{
    enum { MANY, ONE };
    const struct bench_case *shape = case_named(figure->name);
    const struct kit *kit = kit_of(figure->precision);
    const size_t threads = match->options->threads;
    const bpb_plan_options plan = {.batch = shape->batch, .threads = threads};
    struct goal_line line = goal_line(figure, "");
    struct plan_facts facts;
    void *stage;
    TRY(kit->facts(shape, &plan, &facts));
    TRY(match_checked_stage(match, shape, figure->precision, threads, &stage));
    TRY(kit->library(match_side(match, "many", OP_STEP), stage, threads));
    TRY(kit->library(match_side(match, "one", OP_STEP), stage, 1));
    TRY(match_time(match));
    snprintf(line.note, sizeof line.note, "%zu asked for, the plan uses %zu", threads,
             facts.threads);
    return match_ratio_line(match, line, 1, SIDE(ONE), SIDE(MANY));
}

bpb_status measure_double(struct match *match, const struct figure *figure)
{
    enum { F64, F32 };
    static const enum precision of[] = {PRECISION_F64, PRECISION_F32};
    const struct bench_case *shape = case_named(figure->name);
    struct goal_line line = {.goal = figure->goal};
    for (int i = 0; i < 2; i++)
        TRY(step_side(match, precision_names[of[i]], shape, of[i]));
    TRY(match_time(match));
    snprintf(line.what, sizeof line.what, "%s %s f64 / f32", group_names[figure->group],
             figure->name);
    return match_ratio_line(match, line, 1, SIDE(F32), SIDE(F64));
}

/* Time an operation of the library (side 0) and its bare products (side 1). */
static bpb_status time_beside_products(struct match *match, const struct figure *figure, enum op op)
{
    const struct kit *kit = kit_of(figure->precision);
    void *stage;
    TRY(match_checked_stage(match, case_named(figure->name), figure->precision, 1, &stage));
    TRY(kit->library(match_side(match, op_names[op], op), stage, 1));
    TRY(kit->products(match_side(match, "bare", op), stage));
    return match_time(match);
}

/* The value is the minimum in microseconds; the quartiles are those of the time. */
bpb_status measure_small(struct match *match, const struct figure *figure)
{
    struct goal_line line = goal_line(figure, "us, minimum"),
                     over = line_of(figure, "over products");
    match->block = 20e-6;
    TRY(time_beside_products(match, figure, OP_GRADIENT));
    TRY(match_ratio(match, 1, SIDE(0), SIDE(1), &over.value));
    struct timing *us = &match->timing[0]; /* sorted from here on */
    line.value.low = timing_quantile(us->us, us->count, 0.25);
    line.value.median = timing_min(us);
    line.value.high = timing_quantile(us->us, us->count, 0.75);
    snprintf(line.note, sizeof line.note, "value: the minimum; quartiles of the time");
    match_line(match, &line);
    match_line(match, &over);
    return BPB_OK;
}

bpb_status measure_cells(struct match *match, const struct figure *figure)
{
    TRY(time_beside_products(match, figure, OP_STEP));
    return match_ratio_line(match, goal_line(figure, ""), 1, SIDE(0), SIDE(1));
}

/* The time of tanh is a forward pass less that of the same net with identity. */
bpb_status measure_tanh(struct match *match, const struct figure *figure)
{
    enum { GRADIENT, BARE, FORWARD, IDENTITY };
    static const double bare_and_tanh[MOST_SIDES] = {[BARE] = 1, [FORWARD] = 1, [IDENTITY] = -1};
    static const double tanh_alone[MOST_SIDES] = {[FORWARD] = 1, [IDENTITY] = -1};
    const struct kit *kit = kit_of(figure->precision);
    const struct bench_case *shape = case_named(figure->name);
    struct bench_case linear = *shape;
    void *stage, *without;
    linear.hidden = BPB_IDENTITY;
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    TRY(match_checked_stage(match, &linear, figure->precision, 1, &without));
    TRY(kit->library(match_side(match, "gradient", OP_GRADIENT), stage, 1));
    TRY(kit->products(match_side(match, "bare", OP_GRADIENT), stage));
    TRY(kit->library(match_side(match, "forward", OP_FORWARD), stage, 1));
    TRY(kit->library(match_side(match, "identity", OP_FORWARD), without, 1));
    TRY(match_time(match));
    TRY(match_ratio_line(match, goal_line(figure, ""), 1, SIDE(GRADIENT), bare_and_tanh));
    return match_ratio_line(match, line_of(figure, "tanh's part"), 1, tanh_alone, bare_and_tanh);
}

/* A step with a function of one's own over one with the built-in that computes the same. Both agree
 * with the naive functions. */
static bpb_status measure_own(struct match *match, const struct figure *figure, const char *text,
                              const struct bench_case *shape, enum own own)
{
    enum { OWN, BUILT_IN };
    struct bench_case with_own = *shape;
    with_own.own = own;
    TRY(step_side(match, "own", &with_own, figure->precision));
    TRY(step_side(match, "built-in", shape, figure->precision));
    TRY(match_time(match));
    return match_ratio_line(match, goal_line(figure, text), 1, SIDE(OWN), SIDE(BUILT_IN));
}

bpb_status measure_own_relu(struct match *match, const struct figure *figure)
{
    struct bench_case shape = *case_named(figure->name);
    shape.hidden = BPB_RELU;
    return measure_own(match, figure, "ReLU", &shape, OWN_RELU);
}

bpb_status measure_own_softsign(struct match *match, const struct figure *figure)
{
    struct bench_case shape = *case_named(figure->name);
    shape.hidden = BPB_SOFTSIGN;
    return measure_own(match, figure, "softsign", &shape, OWN_SOFTSIGN);
}

/* Identity outputs, as a regression has. */
bpb_status measure_own_squared(struct match *match, const struct figure *figure)
{
    struct bench_case shape = *case_named(figure->name);
    shape.output = BPB_IDENTITY;
    shape.loss = BPB_SQUARED;
    return measure_own(match, figure, "squared", &shape, OWN_SQUARED);
}
