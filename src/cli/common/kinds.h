/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of values that options take: how each is read, strictly, and what it may be. */
#ifndef CLI_KINDS_H
#define CLI_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIDTHS_MAX 64
#define THREADS_MAX 1024
#define SEEDS_MAX 64

/* The widths n_0 .. n_L of --layers; count 0: not given. */
struct widths {
    size_t count;
    size_t units[WIDTHS_MAX];
};

/* Those of --seeds; count 0: not given. */
struct seeds {
    size_t count;
    uint64_t seed[SEEDS_MAX];
};

/* One of a few words, each standing for a number. */
struct word {
    const char *text;
    size_t value;
};

struct kind {
    bool (*read)(const char *text, void *value); /* false: the text is no such value */
    const char *wanted;                          /* "a whole number of at least 1" */
    const char *(*name)(size_t i);               /* in place of wanted: the i-th of the names */
    const struct word *words;                    /* in place of read and wanted */
};

/* In brackets, the type of the value. */
extern const struct kind kind_flag;       /* bool; takes no text */
extern const struct kind kind_path;       /* const char * */
extern const struct kind kind_count;      /* size_t, from 0 */
extern const struct kind kind_size;       /* size_t, from 1 */
extern const struct kind kind_seed;       /* uint64_t */
extern const struct kind kind_seeds;      /* struct seeds */
extern const struct kind kind_rate;       /* double > 0 */
extern const struct kind kind_penalty;    /* double >= 0 */
extern const struct kind kind_fraction;   /* double from 0, below 1 */
extern const struct kind kind_open;       /* double above 0 and below 1 */
extern const struct kind kind_not_zero;   /* double other than 0 */
extern const struct kind kind_batch;      /* size_t: from 1, or SIZE_MAX for "all" */
/* size_t: a bpb_method, or one of two presets of adam: amsgrad = 1; decoupled decay of 0.01. */
enum { OPTIMIZER_AMSGRAD = 14, OPTIMIZER_ADAMW = 15 };
extern const struct kind kind_optimizer;
const char *optimizer_name(size_t optimizer);
extern const struct kind kind_schedule;   /* bpb_schedule_kind */
extern const struct kind kind_folds;      /* size_t, from 2 */
extern const struct kind kind_rows;       /* const char *, see rows.h */
extern const struct kind kind_checks;     /* unsigned: the sum of 1 << bpb_check_kind */
extern const struct kind kind_widths;     /* struct widths */
extern const struct kind kind_activation; /* bpb_activation */
extern const struct kind kind_loss;       /* bpb_loss_kind */
extern const struct kind kind_init;       /* bpb_init */
extern const struct kind kind_precision;  /* size_t: bytes of a real */
extern const struct kind kind_stored;     /* size_t: the same, or 0 for "stored" */
extern const struct kind kind_scale;      /* size_t */
extern const struct kind kind_threads;    /* size_t: from 1, or 0 for "all" */
extern const struct kind kind_planning;   /* size_t: a bpb_planning */
extern const struct kind kind_part;       /* size_t: enum part */

bool kind_read(const struct kind *kind, const char *text, void *value);

/* What the kind may be, in words: "one of sigmoid, tanh, ...". */
void kind_wanted(const struct kind *kind, char *text, size_t bytes);

#endif
