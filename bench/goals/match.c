/* SPDX-License-Identifier: BSD-3-Clause */
#include "match.h"

#include <stdlib.h>
#include <string.h>

/* Several calls of most sides, so that each side finds the caches as it left them. */
#define BLOCK_SECONDS 1e-3

struct match match_begin(const struct bench_options *options, const struct sheet *sheet, FILE *json)
{
    return (struct match){.options = options, .sheet = sheet, .json = json, .block = BLOCK_SECONDS};
}

void match_end(struct match *match)
{
    for (size_t i = 0; i < match->n_sides; i++) {
        subject_destroy(&match->side[i].subject);
        timing_free(&match->timing[i]);
    }
    for (size_t i = 0; i < match->n_stages; i++)
        match->stage[i].kit->close(match->stage[i].stage);
    match->n_sides = match->n_stages = 0;
}

const struct kit *kit_of(enum precision precision)
{
    return precision == PRECISION_F64 ? &bench_dkit : &bench_skit;
}

bpb_status match_stage(struct match *match, const struct bench_case *shape,
                       enum precision precision, void **stage)
{
    const size_t i = match->n_stages++;
    match->stage[i].kit = kit_of(precision);
    const bpb_status status = kit_of(precision)->open(&match->stage[i].stage, shape);
    *stage = match->stage[i].stage;
    return status;
}

bpb_status match_checked_stage(struct match *match, const struct bench_case *shape,
                               enum precision precision, size_t threads, void **stage)
{
    bool agree;
    TRY(match_stage(match, shape, precision, stage));
    TRY(kit_of(precision)->check(*stage, threads, &agree));
    return agree ? BPB_OK : match_refuse(match, "the sides disagree, so nothing is timed");
}

bpb_status match_refuse(struct match *match, const char *why)
{
    match->why = why;
    return BPB_ERR_OPTION;
}

struct subject *match_side(struct match *match, const char *name, enum op op)
{
    const size_t i = match->n_sides++;
    snprintf(match->name[i], sizeof match->name[i], "%s", name);
    match->side[i].op = op;
    return &match->side[i].subject;
}

bpb_status match_time(struct match *match)
{
    return timing_rounds(match->side, match->timing, match->n_sides, match->block,
                         match->options->seconds);
}

static double weighted(const struct match *match, const double *weight, size_t round)
{
    double sum = 0;
    for (size_t i = 0; i < match->n_sides; i++)
        sum += weight[i] * match->timing[i].us[round];
    return sum;
}

bpb_status match_ratio(const struct match *match, double factor, const double *above,
                       const double *below, struct quartiles *value)
{
    const size_t rounds = match->timing[0].count;
    double *ratios = malloc(rounds * sizeof *ratios);
    if (ratios == NULL)
        return BPB_ERR_MEMORY;
    for (size_t r = 0; r < rounds; r++)
        ratios[r] = factor * weighted(match, above, r) / weighted(match, below, r);
    value->low = timing_quantile(ratios, rounds, 0.25);
    value->median = timing_quantile(ratios, rounds, 0.5);
    value->high = timing_quantile(ratios, rounds, 0.75);
    free(ratios);
    return BPB_OK;
}

static const char *reached(const struct goal_line *line)
{
    const struct goal *goal = &line->goal;
    if (goal->sense == NO_GOAL)
        return "-";
    return (goal->sense == AT_LEAST ? line->value.median >= goal->bound
                                    : line->value.median <= goal->bound)
               ? "yes"
               : "no";
}

/* Four significant digits. */
static void print_figure(int width, double value)
{
    printf(" %*.4g", width, value);
}

static void print_goal(const struct goal *goal)
{
    char text[16] = "-";
    if (goal->sense != NO_GOAL)
        snprintf(text, sizeof text, "%s %g", goal->sense == AT_LEAST ? ">=" : "<=", goal->bound);
    printf("  %-8s", text);
}

void match_heading(void)
{
    printf("%-30s %9s %9s %9s  %-8s %-7s  %s\n", "what", "value", "quarter", "three q.", "goal",
           "reached", "minimum us; note");
}

static void print_line(const struct match *match, const struct goal_line *line)
{
    printf("%-30s", line->what);
    print_figure(9, line->value.median);
    print_figure(9, line->value.low);
    print_figure(9, line->value.high);
    print_goal(&line->goal);
    printf(" %-7s ", reached(line));
    for (size_t i = 0; i < match->n_sides; i++)
        printf(" %s %.4g%s", match->name[i], timing_min(&match->timing[i]),
               i + 1 < match->n_sides ? "," : "");
    printf("%s%s%s\n", match->n_sides > 0 && line->note[0] ? "; " : "",
           match->n_sides == 0 && line->note[0] ? " " : "", line->note);
    fflush(stdout);
}

static void write_goal(struct json *object, const struct goal_line *line)
{
    if (line->goal.sense == NO_GOAL)
        return;
    json_string(object, "goal", line->goal.sense == AT_LEAST ? "at least" : "at most");
    json_number(object, "bound", line->goal.bound);
    json_string(object, "reached", reached(line));
}

static void write_line(const struct match *match, const struct goal_line *line)
{
    struct json object = json_begin(match->json);
    json_string(&object, "what", line->what);
    json_number(&object, "value", line->value.median);
    json_number(&object, "lower_quartile", line->value.low);
    json_number(&object, "upper_quartile", line->value.high);
    write_goal(&object, line);
    if (match->n_sides > 0) {
        struct json times = json_object(&object, "us_min");
        for (size_t i = 0; i < match->n_sides; i++)
            json_number(&times, match->name[i], timing_min(&match->timing[i]));
        json_end(&times);
        json_number(&object, "rounds", (double)match->timing[0].count);
    }
    if (line->note[0])
        json_string(&object, "note", line->note);
    json_end(&object);
    fputc('\n', object.out);
}

void match_line(const struct match *match, const struct goal_line *line)
{
    print_line(match, line);
    if (match->json != NULL)
        write_line(match, line);
}

bpb_status match_ratio_line(const struct match *match, struct goal_line line, double factor,
                            const double *above, const double *below)
{
    TRY(match_ratio(match, factor, above, below, &line.value));
    match_line(match, &line);
    return BPB_OK;
}

void match_skip(const struct match *match, const char *what, const char *why)
{
    printf("%-30s skipped: %s\n", what, why);
    if (match->json == NULL)
        return;
    struct json object = json_begin(match->json);
    json_string(&object, "what", what);
    json_string(&object, "skipped", why);
    json_end(&object);
    fputc('\n', object.out);
}
