/* SPDX-License-Identifier: BSD-3-Clause */
#include "figures.h"

const char *const group_names[GROUPS] = {
    "peak",    "threads", "double", "small",  "tanh", "cells",
    "predict", "epoch",   "bytes",  "linear", "core", "jvp",
    "hvp",     "inputs",  "own",    "targets",
};

/* What --list says. */
static const char *const group_texts[GROUPS] = {
    "share of one thread's FMA peak that an SGD step reaches, and its bare products",
    "a step on one thread over a step by a plan of --threads",
    "GFLOP/s of a step in double over float",
    "us of loss and gradient, 24-8-2 (tanh, identity, 1/2 squares), batch 200, double",
    "loss and gradient, 4-32-16-4 with tanh, 10000 columns, over its bare products and its tanh:\n"
    "         a forward pass less that of the same net without them",
    "a step of 6-64-64-4 with tanh on 64 columns, in double, over its bare products",
    "784-30-10, one column: over reading the weights; padded over unpadded for 1, 64, 10000",
    "a training epoch without evaluation over its steps on a batch that stays where it is",
    "bytes of a work over the header's formula, less 1: the most of cases of at least 64 KiB",
    "time of a FLOP by width, depth, batch and columns, over that at the largest size, and from\n"
    "         which size on it lies within 1.25 either way",
    "a step where OpenBLAS runs its Prescott kernels over one with the right ones",
    "what J v adds to a forward pass, over that pass: in v of theta and V of X, and in each alone",
    "H v with gradient and loss beside it, over gradient and loss",
    "what dE/dX adds to gradient and loss, over its product W_1^T D_1 by the BLAS",
    "a step of a net with a function of one's own, compiled -O3 -fopenmp-simd for the vectors of\n"
    "         this CPU, over one with the built-in: ReLU, softsign, 1/2 squares",
    "the gradient of a function of Y and dY/dX, 6-64-64-1 with tanh, 64 columns, double, over\n"
    "         gradient and loss",
};

struct line line_of(const struct figure *figure, const char *text)
{
    struct line line = {.goal = {NO_GOAL, 0}};
    snprintf(line.what, sizeof line.what, "%s%s%s %s%s%s", group_names[figure->group],
             figure->name ? " " : "", figure->name ? figure->name : "",
             precision_names[figure->precision], text[0] ? " " : "", text);
    return line;
}

/* The ratio of side a over side b, times factor, as one more line. */
static bpb_status print_ratio(const struct match *match, struct line *line, double factor, int a,
                              int b)
{
    double above[MOST_SIDES] = {0}, below[MOST_SIDES] = {0};
    above[a] = below[b] = 1;
    TRY(match_ratio(match, factor, above, below, &line->value));
    match_line(match, line);
    return BPB_OK;
}

static bpb_status judge_ratio(const struct match *match, const struct figure *figure,
                              double factor, int a, int b)
{
    struct line line = line_of(figure, "");
    line.goal = figure->goal;
    return print_ratio(match, &line, factor, a, b);
}

/* flops / time over peak_flops / peak time */
static bpb_status measure_peak(struct match *match, const struct figure *figure)
{
    enum { STEP, BARE, PEAK };
    const struct bench_case *shape = case_named(figure->name);
    const struct kit *kit = kit_of(figure->precision);
    struct line bare = line_of(figure, "bare");
    void *stage;
    double peak_flops;
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    TRY(kit->library(match_side(match, "step", OP_STEP), stage, 1));
    TRY(kit->products(match_side(match, "bare", OP_STEP), stage));
    kit->peak(match_side(match, "peak", OP_STEP), &peak_flops);
    TRY(match_play(match));
    const double factor = case_flops(shape, OP_STEP) / peak_flops;
    TRY(judge_ratio(match, figure, factor, PEAK, STEP));
    return print_ratio(match, &bare, factor, PEAK, BARE);
}

static bpb_status measure_threads(struct match *match, const struct figure *figure)
{
    enum { MANY, ONE };
    const struct bench_case *shape = case_named(figure->name);
    const struct kit *kit = kit_of(figure->precision);
    const size_t threads = match->options->threads;
    const bpb_plan_options plan = {.batch = shape->batch, .threads = threads};
    struct line line = line_of(figure, "");
    struct plan_facts facts;
    void *stage;
    TRY(kit->facts(shape, &plan, &facts));
    TRY(match_checked_stage(match, shape, figure->precision, threads, &stage));
    TRY(kit->library(match_side(match, "many", OP_STEP), stage, threads));
    TRY(kit->library(match_side(match, "one", OP_STEP), stage, 1));
    TRY(match_play(match));
    line.goal = figure->goal;
    snprintf(line.note, sizeof line.note, "%zu asked for, the plan uses %zu", threads,
             facts.threads);
    return print_ratio(match, &line, 1, ONE, MANY);
}

static bpb_status measure_double(struct match *match, const struct figure *figure)
{
    enum { F64, F32 };
    static const enum precision of[] = {PRECISION_F64, PRECISION_F32};
    const struct bench_case *shape = case_named(figure->name);
    struct line line = {.goal = figure->goal};
    for (int i = 0; i < 2; i++) {
        void *stage;
        TRY(match_checked_stage(match, shape, of[i], 1, &stage));
        TRY(kit_of(of[i])->library(match_side(match, precision_names[of[i]], OP_STEP), stage, 1));
    }
    TRY(match_play(match));
    snprintf(line.what, sizeof line.what, "%s %s f64 / f32", group_names[figure->group],
             figure->name);
    return print_ratio(match, &line, 1, F32, F64);
}

/* The library and its bare products, which is all that some figures compare. */
static bpb_status play_beside_products(struct match *match, const struct figure *figure, enum op op)
{
    const struct kit *kit = kit_of(figure->precision);
    void *stage;
    TRY(match_checked_stage(match, case_named(figure->name), figure->precision, 1, &stage));
    TRY(kit->library(match_side(match, op_names[op], op), stage, 1));
    TRY(kit->products(match_side(match, "bare", op), stage));
    return match_play(match);
}

/* Its value is the minimum in microseconds; the quartiles are those of the times. */
static bpb_status measure_small(struct match *match, const struct figure *figure)
{
    struct line line = line_of(figure, "us, minimum"), over = line_of(figure, "over products");
    match->block = 20e-6;
    TRY(play_beside_products(match, figure, OP_GRADIENT));
    TRY(match_ratio(match, 1, (double[MOST_SIDES]){1}, (double[MOST_SIDES]){0, 1}, &over.value));
    struct timing *us = &match->timing[0]; /* sorted from here on */
    line.goal = figure->goal;
    line.value.low = timing_quantile(us->us, us->count, 0.25);
    line.value.median = timing_min(us);
    line.value.high = timing_quantile(us->us, us->count, 0.75);
    snprintf(line.note, sizeof line.note, "value: the minimum; quartiles of the time");
    match_line(match, &line);
    match_line(match, &over);
    return BPB_OK;
}

static bpb_status measure_cells(struct match *match, const struct figure *figure)
{
    TRY(play_beside_products(match, figure, OP_STEP));
    return judge_ratio(match, figure, 1, 0, 1);
}

/* The tanh of a column: forward of the net less that of the same net without them. */
static bpb_status measure_tanh(struct match *match, const struct figure *figure)
{
    static const double above[MOST_SIDES] = {1}, below[MOST_SIDES] = {0, 1, 1, -1};
    static const double tanhs[MOST_SIDES] = {0, 0, 1, -1};
    const struct kit *kit = kit_of(figure->precision);
    const struct bench_case *shape = case_named(figure->name);
    struct bench_case linear = *shape;
    struct line line = line_of(figure, ""), part = line_of(figure, "tanh's part");
    void *stage, *without;
    linear.hidden = BPB_IDENTITY;
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    TRY(match_checked_stage(match, &linear, figure->precision, 1, &without));
    TRY(kit->library(match_side(match, "gradient", OP_GRADIENT), stage, 1));
    TRY(kit->products(match_side(match, "bare", OP_GRADIENT), stage));
    TRY(kit->library(match_side(match, "forward", OP_FORWARD), stage, 1));
    TRY(kit->library(match_side(match, "identity", OP_FORWARD), without, 1));
    TRY(match_play(match));
    line.goal = figure->goal;
    TRY(match_ratio(match, 1, above, below, &line.value));
    TRY(match_ratio(match, 1, tanhs, below, &part.value));
    match_line(match, &line);
    match_line(match, &part);
    return BPB_OK;
}

/* One more side that predicts, once its outputs are right. */
static bpb_status predict_side(struct match *match, const struct figure *figure, void *stage,
                               const char *name, int unpadded)
{
    const struct kit *kit = kit_of(figure->precision);
    const bpb_plan_options plan = {.batch = figure->columns < 64 ? figure->columns : 64,
                                   .unpadded = unpadded};
    struct subject *subject = match_side(match, name, OP_FORWARD);
    bool agree;
    TRY(kit->predict(subject, stage, figure->columns, &plan));
    TRY(kit->check_forward(stage, subject, &agree));
    return agree ? BPB_OK : match_refuse(match, "predict is wrong, so nothing is timed");
}

/* The same net on so many columns, all of them in memory. */
static struct bench_case with_columns(const char *name, size_t columns)
{
    struct bench_case shape = *case_named(name);
    shape.batch = shape.samples = columns;
    if (columns % shape.distinct != 0)
        shape.distinct = columns;
    return shape;
}

static bpb_status measure_predict(struct match *match, const struct figure *figure)
{
    enum { UNPADDED, PADDED, READ };
    const struct bench_case shape = with_columns(figure->name, figure->columns);
    void *stage;
    char text[32];
    TRY(match_stage(match, &shape, figure->precision, &stage));
    TRY(predict_side(match, figure, stage, "unpadded", 1));
    TRY(predict_side(match, figure, stage, "padded", 0));
    if (figure->columns == 1)
        TRY(kit_of(figure->precision)->read(match_side(match, "read", OP_FORWARD), stage));
    TRY(match_play(match));
    if (figure->columns == 1) {
        struct line line = line_of(figure, "1 / reading");
        line.goal = figure->goal;
        TRY(print_ratio(match, &line, 1, UNPADDED, READ));
    }
    snprintf(text, sizeof text, "%zu padded", figure->columns);
    struct line line = line_of(figure, text);
    return print_ratio(match, &line, 1, PADDED, UNPADDED);
}

/* The sides that train, by the clock and by their report, once an epoch is right. */
static bpb_status epoch_sides(struct match *match, const struct figure *figure)
{
    const struct kit *kit = kit_of(figure->precision);
    struct bench_case shape = *case_named(figure->name);
    struct subject *epoch = match_side(match, "run", OP_STEP);
    void *stage;
    bool agree;
    shape.samples = figure->columns;
    TRY(match_stage(match, &shape, figure->precision, &stage));
    TRY(kit->epoch(epoch, stage, false));
    TRY(kit->check_epoch(epoch, &agree));
    if (!agree)
        return match_refuse(match, "the sides disagree, so nothing is timed");
    return kit->epoch(match_side(match, "epoch", OP_STEP), stage, true);
}

/* An epoch, shuffle and gathering included, as training reports it; and the whole call, which
 * also searches the data and makes a plan, once a run. */
static bpb_status measure_epoch(struct match *match, const struct figure *figure)
{
    enum { RUN, EPOCH, STEP };
    const struct bench_case *shape = case_named(figure->name);
    const double steps = (double)figure->columns / (double)shape->batch;
    struct line run = line_of(figure, "run of one");
    void *stage;
    TRY(epoch_sides(match, figure));
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    TRY(kit_of(figure->precision)->library(match_side(match, "step", OP_STEP), stage, 1));
    match->block = 5e-3;
    TRY(match_play(match));
    TRY(judge_ratio(match, figure, 1 / steps, EPOCH, STEP));
    return print_ratio(match, &run, 1 / steps, RUN, STEP);
}

/* The largest excess of the cases so far, and whose it is. */
struct excess {
    double value;
    char note[64];
};

static void note_excess(struct excess *most, const struct bench_case *shape,
                        enum precision precision, const struct plan_facts *facts, double formula)
{
    const double excess = (double)facts->bytes / formula - 1;
    if (most->note[0] != '\0' && excess <= most->value)
        return;
    most->value = excess;
    snprintf(most->note, sizeof most->note, "%s %s, %zu bytes", shape->name,
             precision_names[precision], facts->bytes);
}

/* How the header's formula is taken. */
struct reckoning {
    const char *what, *note;
    bpb_planning planning;
    bool packed; /* S is the most that it may be, else 0 */
    bool judged;
};

/* Works below 64 KiB are left out: there the parts' alignment shows. */
static bpb_status find_excess(const struct match *match, const struct reckoning *how,
                              struct excess *most)
{
    for (size_t i = 0; i < CASES; i++)
        for (enum precision p = 0; match->options->cases & BIT(i) && p < PRECISIONS; p++) {
            const struct bench_case *shape = &bench_cases[i];
            const bpb_plan_options plan = {.batch = shape->batch, .planning = how->planning};
            struct plan_facts facts;
            TRY(kit_of(p)->facts(shape, &plan, &facts));
            if (facts.bytes >= 64 * 1024)
                note_excess(most, shape, p, &facts,
                            facts.formula + (how->packed ? facts.packed : 0));
        }
    return BPB_OK;
}

static bpb_status measure_bytes(struct match *match, const struct figure *figure)
{
    static const struct reckoning reckonings[] = {
        {"bytes, cblas plans", "S is 0", BPB_PLAN_CBLAS, true, true},
        {"bytes, default plans", "S taken as the most that it may be", BPB_PLAN_ESTIMATE, true,
         true},
        {"bytes, default plans, S = 0", "what the packed copies take", BPB_PLAN_ESTIMATE, false,
         false},
    };
    for (int i = 0; i < 3; i++) {
        const struct reckoning *how = &reckonings[i];
        struct excess most = {0};
        struct line line = {.goal = how->judged ? figure->goal : (struct goal){NO_GOAL, 0}};
        TRY(find_excess(match, how, &most));
        line.value = (struct spread){most.value, most.value, most.value};
        snprintf(line.what, sizeof line.what, "%s", how->what);
        snprintf(line.note, sizeof line.note, "%s; %s", most.note[0] ? most.note : "none",
                 how->note);
        match_line(match, &line);
    }
    return BPB_OK;
}

/* clang-format off */
#define F32 PRECISION_F32
#define F64 PRECISION_F64
#define NONE {NO_GOAL, 0}

static const struct figure figures[] = {
    {GROUP_PEAK,    "XS",   F32, NONE,             measure_peak, 0},
    {GROUP_PEAK,    "S1",   F32, {AT_LEAST, 0.65}, measure_peak, 0},
    {GROUP_PEAK,    "S2",   F32, {AT_LEAST, 0.70}, measure_peak, 0},
    {GROUP_PEAK,    "M1",   F32, {AT_LEAST, 0.80}, measure_peak, 0},
    {GROUP_PEAK,    "M2",   F32, {AT_LEAST, 0.78}, measure_peak, 0},
    {GROUP_PEAK,    "L1",   F32, {AT_LEAST, 0.90}, measure_peak, 0},
    {GROUP_THREADS, "XS",   F32, {AT_LEAST, 0.97}, measure_threads, 0},
    {GROUP_THREADS, "S1",   F32, {AT_LEAST, 0.97}, measure_threads, 0},
    {GROUP_THREADS, "S2",   F32, {AT_LEAST, 0.97}, measure_threads, 0},
    {GROUP_THREADS, "M1",   F32, {AT_LEAST, 1.6},  measure_threads, 0},
    {GROUP_THREADS, "M2",   F32, {AT_LEAST, 1.7},  measure_threads, 0},
    {GROUP_THREADS, "L1",   F32, {AT_LEAST, 1.85}, measure_threads, 0},
    {GROUP_DOUBLE,  "XS",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "S1",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "S2",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "M1",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "M2",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "L1",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_SMALL,   "T200", F64, {AT_MOST, 5.66},  measure_small, 0},
    {GROUP_TANH,    "T10K", F32, {AT_MOST, 1.15},  measure_tanh, 0},
    {GROUP_TANH,    "T10K", F64, {AT_MOST, 1.15},  measure_tanh, 0},
    {GROUP_CELLS,   "G64",  F64, {AT_MOST, 3},     measure_cells, 0},
    {GROUP_PREDICT, "S1",   F32, {AT_MOST, 1.3},   measure_predict, 1},
    {GROUP_PREDICT, "S1",   F64, {AT_MOST, 1.3},   measure_predict, 1},
    {GROUP_PREDICT, "S1",   F32, NONE,             measure_predict, 64},
    {GROUP_PREDICT, "S1",   F64, NONE,             measure_predict, 64},
    {GROUP_PREDICT, "S1",   F32, NONE,             measure_predict, 10000},
    {GROUP_PREDICT, "S1",   F64, NONE,             measure_predict, 10000},
    {GROUP_EPOCH,   "S1",   F32, {AT_MOST, 1.5},   measure_epoch, 5000},
    {GROUP_EPOCH,   "M1",   F32, {AT_MOST, 1.2},   measure_epoch, 12800},
    {GROUP_BYTES,   NULL,   F32, {AT_MOST, 0.05},  measure_bytes, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_widths, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_depths, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_batches, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_predicts, 0},
    {GROUP_CORE,    "XS",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_CORE,    "S1",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_CORE,    "S2",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_CORE,    "M1",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_JVP,     "S1",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "S2",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "M1",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "M2",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "G64",  F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "M1",   F64, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "G64",  F64, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_HVP,     "S1",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "S2",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "M1",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "M2",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "G64",  F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "M1",   F64, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "G64",  F64, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_INPUTS,  "S1",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "S2",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "M1",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "M2",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "G64",  F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "M1",   F64, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "G64",  F64, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_OWN,     "M1",   F32, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "G64",  F32, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "M1",   F64, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "G64",  F64, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "M1",   F32, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "G64",  F32, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "M1",   F64, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "G64",  F64, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "M1",   F32, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_OWN,     "G64",  F32, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_OWN,     "M1",   F64, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_OWN,     "G64",  F64, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_TARGETS, "G64",  F64, NONE,             measure_targets, 0},
};
/* clang-format on */

void list_goals(void)
{
    for (enum group group = 0; group < GROUPS; group++)
        printf("%-8s %s\n", group_names[group], group_texts[group]);
}

static bool is_wanted(const struct bench_options *options, const struct figure *figure)
{
    const struct bench_case *shape = figure->name ? case_named(figure->name) : NULL;
    return options->groups & BIT(figure->group) &&
           (shape == NULL || options->cases & BIT(shape - bench_cases));
}

int measure_goals(const struct bench_options *options, const struct sheet *sheet, FILE *json)
{
    int code = CODE_FINE;
    match_heading();
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const struct figure *figure = &figures[i];
        struct match match = match_begin(options, sheet, json);
        if (!is_wanted(options, figure))
            continue;
        const bpb_status status = figure->measure(&match, figure);
        match_end(&match);
        if (status < 0)
            code = fail(line_of(figure, "").what, match.why ? match.why : bpb_strerror(status));
    }
    return code;
}
