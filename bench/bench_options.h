/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "core/bench.h"

/* False: an option is wrong, and stderr says which. */
bool options_read(struct bench_options *options, int argc, char **argv);

void options_help(void);

#endif
