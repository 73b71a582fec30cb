/* SPDX-License-Identifier: BSD-3-Clause */
/* How the time of a FLOP depends on a size, over the time at the largest size. */
#include "figures.h"

/* Times within this factor of the largest size's count as linear. */
#define NEAR 1.25

/* Sizes in ascending order. */
struct series {
    const char *name;
    size_t n, size[MOST_SIDES];
    double flops[MOST_SIDES]; /* of a call */
};

/* A net of ReLU, softmax and cross-entropy, to time its steps. */
static struct bench_case step_case(const char *name, size_t batch)
{
    return (struct bench_case){.name = name,
                               .hidden = BPB_RELU,
                               .output = BPB_SOFTMAX,
                               .loss = BPB_CROSS_ENTROPY,
                               .batch = batch,
                               .samples = batch,
                               .distinct = 16};
}

static void name_size(char name[16], size_t size)
{
    snprintf(name, 16, "%zu", size);
}

static bpb_status step_side(struct match *match, struct series *series, size_t i,
                            const struct bench_case *shape)
{
    char name[16];
    void *stage;
    name_size(name, series->size[i]);
    series->flops[i] = case_flops(shape, OP_STEP);
    TRY(match_stage(match, shape, PRECISION_F32, &stage));
    return kit_of(PRECISION_F32)->library(match_side(match, name, OP_STEP), stage, 1);
}

/* Time of a FLOP at size i over that at the largest size. */
static bpb_status relative_time(const struct match *match, const struct series *series, size_t i,
                                struct quartiles *value)
{
    double above[MOST_SIDES] = {0}, below[MOST_SIDES] = {0};
    above[i] = below[series->n - 1] = 1;
    return match_ratio(match, series->flops[series->n - 1] / series->flops[i], above, below, value);
}

static bool is_near(double relative)
{
    return relative <= NEAR && relative >= 1 / NEAR;
}

/* The smallest size from which all sizes are near the largest. */
static size_t linear_from(const struct series *series, const struct quartiles *relative)
{
    size_t i = series->n - 1;
    while (i > 0 && is_near(relative[i - 1].median))
        i--;
    return series->size[i];
}

static void print_line(const struct match *match, const struct series *series, const char *text,
                       struct quartiles value, const char *note)
{
    struct goal_line line = {.value = value};
    snprintf(line.what, sizeof line.what, "linear in %s %s", series->name, text);
    snprintf(line.note, sizeof line.note, "%s", note);
    match_line(match, &line);
}

/* The line of a size has its own time of a FLOP, and no minima of the sides. */
static bpb_status print_series(const struct match *match, const struct series *series)
{
    const struct match alone = {.json = match->json};
    struct quartiles relative[MOST_SIDES];
    char text[16], note[64];
    for (size_t i = 0; i < series->n; i++) {
        TRY(relative_time(match, series, i, &relative[i]));
        name_size(text, series->size[i]);
        snprintf(note, sizeof note, "%.4g ps a FLOP, minimum",
                 1e6 * timing_min(&match->timing[i]) / series->flops[i]);
        print_line(&alone, series, text, relative[i], note);
    }
    const double from = (double)linear_from(series, relative);
    snprintf(note, sizeof note, "within %g of the largest from there on", NEAR);
    print_line(match, series, "from", (struct quartiles){from, from, from}, note);
    return BPB_OK;
}

static bpb_status time_series(struct match *match, const struct series *series)
{
    TRY(match_time(match));
    return print_series(match, series);
}

/* n-n-n */
bpb_status measure_widths(struct match *match, const struct figure *figure)
{
    struct series series = {"width", 6, {64, 128, 256, 512, 1024, 2048}, {0}};
    struct bench_case shape = step_case("width", 128);
    (void)figure;
    shape.n_layers = 2;
    for (size_t i = 0; i < series.n; i++) {
        for (size_t l = 0; l <= 2; l++)
            shape.units[l] = series.size[i];
        TRY(step_side(match, &series, i, &shape));
    }
    return time_series(match, &series);
}

bpb_status measure_depths(struct match *match, const struct figure *figure)
{
    struct series series = {"depth", 4, {2, 4, 8, 16}, {0}};
    struct bench_case shape = step_case("depth", 128);
    (void)figure;
    for (size_t l = 0; l <= MAX_LAYERS; l++)
        shape.units[l] = 256;
    for (size_t i = 0; i < series.n; i++) {
        shape.n_layers = series.size[i];
        TRY(step_side(match, &series, i, &shape));
    }
    return time_series(match, &series);
}

bpb_status measure_batches(struct match *match, const struct figure *figure)
{
    struct series series = {"batch", 9, {16, 32, 64, 128, 256, 512, 1024, 2048, 4096}, {0}};
    struct bench_case shape = *case_named("M1");
    (void)figure;
    shape.distinct = 16;
    for (size_t i = 0; i < series.n; i++) {
        shape.batch = shape.samples = series.size[i];
        TRY(step_side(match, &series, i, &shape));
    }
    return time_series(match, &series);
}

/* All sizes gather their columns from the same 500. These fit in the second-level cache. */
bpb_status measure_predicts(struct match *match, const struct figure *figure)
{
    struct series series = {"columns", 4, {1000, 10000, 100000, 1000000}, {0}};
    const bpb_plan_options plan = {.batch = 64};
    struct bench_case shape = *case_named("S1");
    void *stage;
    char name[16];
    (void)figure;
    shape.batch = 1;
    shape.samples = 500;
    TRY(match_stage(match, &shape, PRECISION_F32, &stage));
    for (size_t i = 0; i < series.n; i++) {
        name_size(name, series.size[i]);
        series.flops[i] = case_flops(&shape, OP_FORWARD) * (double)series.size[i];
        TRY(kit_of(PRECISION_F32)
                ->predict(match_side(match, name, OP_FORWARD), stage, series.size[i], &plan));
    }
    return time_series(match, &series);
}
