/* SPDX-License-Identifier: BSD-3-Clause */
/* A match: sides that are timed in turn, the ratios of their times, and lines that report them. */
#ifndef BENCH_MATCH_H
#define BENCH_MATCH_H

#include "kit.h"
#include "core/sheet.h"
#include "core/timing.h"

enum { MOST_SIDES = 10 };

enum sense { NO_GOAL, AT_LEAST, AT_MOST };

struct goal {
    enum sense sense;
    double bound;
};

/* The median and the quartiles of a value that every round has. */
struct quartiles {
    double low, median, high;
};

/* A line of the table. */
struct goal_line {
    char what[40];
    struct quartiles value;
    struct goal goal;
    char note[120]; /* empty: none */
};

struct match {
    const struct bench_options *options;
    const struct sheet *sheet;
    FILE *json;   /* NULL: no file */
    double block; /* seconds of a block */
    size_t n_sides, n_stages;
    struct side side[MOST_SIDES];
    struct timing timing[MOST_SIDES];
    char name[MOST_SIDES][16];
    struct {
        const struct kit *kit;
        void *stage;
    } stage[MOST_SIDES];
    const char *why; /* NULL, or why the match failed */
};

struct match match_begin(const struct bench_options *options, const struct sheet *sheet,
                         FILE *json);
void match_end(struct match *match);

const struct kit *kit_of(enum precision precision);

/* Open a stage; match_end closes it. */
bpb_status match_stage(struct match *match, const struct bench_case *shape,
                       enum precision precision, void **stage);

/* The same. Fails unless the library with so many threads agrees with naive code. */
bpb_status match_checked_stage(struct match *match, const struct bench_case *shape,
                               enum precision precision, size_t threads, void **stage);

/* Make the match fail for this reason. Returns an error. */
bpb_status match_refuse(struct match *match, const char *why);

/* The subject of one more side, still empty, of which op will be timed. At most MOST_SIDES. */
struct subject *match_side(struct match *match, const char *name, enum op op);

/* Time all sides in turn. */
bpb_status match_time(struct match *match);

/* factor * (sum above_i time_i) / (sum below_i time_i), round by round. */
bpb_status match_ratio(const struct match *match, double factor, const double *above,
                       const double *below, struct quartiles *value);

/* The weights of one side alone, for a ratio. */
#define SIDE(i) ((const double[MOST_SIDES]){[i] = 1})

/* The line with that ratio as its value. */
bpb_status match_ratio_line(const struct match *match, struct goal_line line, double factor,
                            const double *above, const double *below);

/* Print a line and write it, with the minimum times of the sides. */
void match_line(const struct match *match, const struct goal_line *line);

/* Print and write a line that says why a figure is skipped. */
void match_skip(const struct match *match, const char *what, const char *why);

/* The heading of the table. */
void match_heading(void);

#endif
