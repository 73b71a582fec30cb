/* SPDX-License-Identifier: BSD-3-Clause */
/* Predictions, epochs, and the bytes of works. */
#include "figures.h"

/* Add a side that predicts. Fails if its outputs are wrong. */
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

/* The case with so many columns. */
static struct bench_case with_columns(const char *name, size_t columns)
{
    struct bench_case shape = *case_named(name);
    shape.batch = shape.samples = columns;
    if (columns % shape.distinct != 0)
        shape.distinct = columns;
    return shape;
}

bpb_status measure_predict(struct match *match, const struct figure *figure)
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
    TRY(match_time(match));
    if (figure->columns == 1)
        TRY(match_ratio_line(match, goal_line(figure, "1 / reading"), 1, SIDE(UNPADDED),
                             SIDE(READ)));
    snprintf(text, sizeof text, "%zu padded", figure->columns);
    return match_ratio_line(match, line_of(figure, text), 1, SIDE(PADDED), SIDE(UNPADDED));
}

bpb_status measure_doubles(struct match *match, const struct figure *figure)
{
    enum { FLOATS, DOUBLES };
    const struct bench_case shape = {.name = "closure",
                                     .n_layers = 3,
                                     .units = {25, 50, 50, 5},
                                     .hidden = BPB_TANH,
                                     .output = BPB_IDENTITY,
                                     .loss = BPB_SQUARED,
                                     .batch = figure->columns,
                                     .samples = figure->columns,
                                     .distinct = figure->columns};
    const struct kit *kit = kit_of(figure->precision);
    const bpb_plan_options plan = {.batch = 64};
    struct subject *doubles;
    void *stage;
    bool agree;
    TRY(match_stage(match, &shape, figure->precision, &stage));
    TRY(kit->predict(match_side(match, "floats", OP_FORWARD), stage, figure->columns, &plan));
    doubles = match_side(match, "doubles", OP_FORWARD);
    TRY(kit->predict_doubles(doubles, stage, figure->columns, &plan));
    TRY(kit->check_forward(stage, doubles, &agree));
    if (!agree)
        return match_refuse(match, "predict is wrong, so nothing is timed");
    TRY(match_time(match));
    return match_ratio_line(match, goal_line(figure, ""), 1, SIDE(DOUBLES), SIDE(FLOATS));
}

/*
 * The first line is an epoch with shuffle and gathering, as training reports it, over as many steps
 * on one batch. The second line is the whole call, which also checks the data and makes a plan.
 */
bpb_status measure_epoch(struct match *match, const struct figure *figure)
{
    enum { RUN, EPOCH, STEP };
    const struct kit *kit = kit_of(figure->precision);
    const struct bench_case *shape = case_named(figure->name);
    const double steps = (double)figure->columns / (double)shape->batch;
    struct bench_case whole = *shape;
    struct subject *run = match_side(match, "run", OP_STEP);
    void *stage;
    bool agree;
    whole.samples = figure->columns;
    TRY(match_stage(match, &whole, figure->precision, &stage));
    TRY(kit->epoch(run, stage, false));
    TRY(kit->check_epoch(run, &agree));
    if (!agree)
        return match_refuse(match, "the sides disagree, so nothing is timed");
    TRY(kit->epoch(match_side(match, "epoch", OP_STEP), stage, true));
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    TRY(kit->library(match_side(match, "step", OP_STEP), stage, 1));
    match->block = 5e-3;
    TRY(match_time(match));
    TRY(match_ratio_line(match, goal_line(figure, ""), 1 / steps, SIDE(EPOCH), SIDE(STEP)));
    return match_ratio_line(match, line_of(figure, "run of one"), 1 / steps, SIDE(RUN), SIDE(STEP));
}

/* A way to evaluate the header's formula. */
struct reckoning {
    const char *what, *note;
    bpb_planning planning;
    bool packed; /* S is its maximum; otherwise 0 */
    bool judged;
};

/* The largest relative excess of a work's bytes over the formula. note names the case. Works below
 * 64 KiB are left out, because alignment dominates there. */
static bpb_status find_excess(const struct match *match, const struct reckoning *how, double *most,
                              char note[64])
{
    *most = 0;
    note[0] = '\0';
    for (size_t i = 0; i < CASES; i++)
        for (enum precision p = 0; match->options->cases & BIT(i) && p < PRECISIONS; p++) {
            const struct bench_case *shape = &bench_cases[i];
            const bpb_plan_options plan = {.batch = shape->batch, .planning = how->planning};
            struct plan_facts facts;
            TRY(kit_of(p)->facts(shape, &plan, &facts));
            const double formula = facts.formula + (how->packed ? facts.packed : 0);
            const double excess = (double)facts.bytes / formula - 1;
            if (facts.bytes < 64 * 1024 || (note[0] != '\0' && excess <= *most))
                continue;
            *most = excess;
            snprintf(note, 64, "%s %s, %zu bytes", shape->name, precision_names[p], facts.bytes);
        }
    return BPB_OK;
}

bpb_status measure_bytes(struct match *match, const struct figure *figure)
{
    static const struct reckoning reckonings[] = {
        {"bytes, cblas plans", "S is the largest result", BPB_PLAN_CBLAS, true, true},
        {"bytes, default plans", "S taken as the most that it may be", BPB_PLAN_ESTIMATE, true,
         true},
        {"bytes, default plans, S = 0", "what the packed copies take", BPB_PLAN_ESTIMATE, false,
         false},
    };
    for (int i = 0; i < 3; i++) {
        const struct reckoning *how = &reckonings[i];
        double most;
        char note[64];
        struct goal_line line = {.goal = how->judged ? figure->goal : (struct goal){NO_GOAL, 0}};
        TRY(find_excess(match, how, &most, note));
        line.value = (struct quartiles){most, most, most};
        snprintf(line.what, sizeof line.what, "%s", how->what);
        snprintf(line.note, sizeof line.note, "%s; %s", note[0] ? note : "none", how->note);
        match_line(match, &line);
    }
    return BPB_OK;
}
