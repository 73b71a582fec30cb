/* SPDX-License-Identifier: BSD-3-Clause */
/* A match: sides that are timed in turn, the ratios of their times, and the lines that say so. */
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

/* The median of one value a round, and its quartiles. */
struct spread {
    double low, median, high;
};

/* A line of the table. */
struct line {
    char what[40];
    struct spread value;
    struct goal goal;
    char note[120]; /* empty: none */
};

struct match {
    const struct bench_options *options;
    const struct sheet *sheet;
    FILE *json;   /* NULL: none is wanted */
    double block; /* seconds */
    size_t n_sides, n_stages;
    struct side side[MOST_SIDES];
    struct timing timing[MOST_SIDES];
    char name[MOST_SIDES][16];
    struct {
        const struct kit *kit;
        void *stage;
    } stage[MOST_SIDES];
    const char *why; /* NULL, or why it is given up, better than the status says it */
};

struct match match_begin(const struct bench_options *options, const struct sheet *sheet,
                         FILE *json);
void match_end(struct match *match);

const struct kit *kit_of(enum precision precision);

/* A stage that lasts as long as the match; NULL in *stage on an error. */
bpb_status match_stage(struct match *match, const struct bench_case *shape,
                       enum precision precision, void **stage);

/* The same, and the library with so many threads is right on it. */
bpb_status match_checked_stage(struct match *match, const struct bench_case *shape,
                               enum precision precision, size_t threads, void **stage);

/* Give the match up. */
bpb_status match_refuse(struct match *match, const char *why);

/* Place for the subject of one more side, whose time is that of op. There are MOST_SIDES. */
struct subject *match_side(struct match *match, const char *name, enum op op);

/* Time all sides in turn. */
bpb_status match_play(struct match *match);

/* factor * (sum above_i time_i) / (sum below_i time_i), round by round. */
bpb_status match_ratio(const struct match *match, double factor, const double *above,
                       const double *below, struct spread *value);

/* The weights of one side alone, for a ratio. */
#define SIDE(i) ((const double[MOST_SIDES]){[i] = 1})

/* The line with that ratio as its value. */
bpb_status match_ratio_line(const struct match *match, struct line line, double factor,
                            const double *above, const double *below);

/* Print a line and write it, with the minimum times of the sides. */
void match_line(const struct match *match, const struct line *line);

/* Only say that something is left out. */
void match_skip(const struct match *match, const char *what, const char *why);

/* The heading of the table. */
void match_heading(void);

#endif
