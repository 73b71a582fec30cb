/* SPDX-License-Identifier: BSD-3-Clause */
/* What a function of one's own costs beside the built-in that computes the same. */
#include "figures.h"

static bpb_status step_side(struct match *match, const struct figure *figure, const char *name,
                            const struct bench_case *shape)
{
    void *stage;
    TRY(match_checked_stage(match, shape, figure->precision, 1, &stage));
    return kit_of(figure->precision)->library(match_side(match, name, OP_STEP), stage, 1);
}

/* The naive functions are the built-ins', so that both sides agree with those. */
static bpb_status compare(struct match *match, const struct figure *figure, const char *text,
                          const struct bench_case *shape, enum own own)
{
    static const double above[MOST_SIDES] = {1}, below[MOST_SIDES] = {0, 1};
    struct bench_case with_own = *shape;
    struct line line = line_of(figure, text);
    with_own.own = own;
    TRY(step_side(match, figure, "own", &with_own));
    TRY(step_side(match, figure, "built-in", shape));
    TRY(match_play(match));
    line.goal = figure->goal;
    TRY(match_ratio(match, 1, above, below, &line.value));
    match_line(match, &line);
    return BPB_OK;
}

bpb_status measure_own_relu(struct match *match, const struct figure *figure)
{
    struct bench_case shape = *case_named(figure->name);
    shape.hidden = BPB_RELU;
    return compare(match, figure, "ReLU", &shape, OWN_RELU);
}

bpb_status measure_own_softsign(struct match *match, const struct figure *figure)
{
    struct bench_case shape = *case_named(figure->name);
    shape.hidden = BPB_SOFTSIGN;
    return compare(match, figure, "softsign", &shape, OWN_SOFTSIGN);
}

/* Of identity outputs, as one has for regression. */
bpb_status measure_own_squared(struct match *match, const struct figure *figure)
{
    struct bench_case shape = *case_named(figure->name);
    shape.output = BPB_IDENTITY;
    shape.loss = BPB_SQUARED;
    return compare(match, figure, "squared", &shape, OWN_SQUARED);
}
