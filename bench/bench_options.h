/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "core/cases.h"

struct options {
    unsigned cases, impls, ops, precisions; /* sets, of BIT */
    bool impls_named;  /* --impl was given */
    size_t threads;
    double seconds;    /* for each measurement */
    const char *json;  /* NULL: no file */
    bool help;
};

/* False: something is wrong with them, and has been told on stderr. */
bool options_read(struct options *options, int argc, char **argv);

/* The implementations to time for this case: without the naive ones where these take minutes,
 * unless they were named. */
unsigned options_impls(const struct options *options, const struct bench_case *shape);

void options_help(void);

#endif
