/* SPDX-License-Identifier: BSD-3-Clause */
/* What the values of options may be. False: the text is wrong, and that has been told on stderr. */
#ifndef BENCH_ARGUMENTS_H
#define BENCH_ARGUMENTS_H

#include "bench.h"

/* Names with commas; the beginning of a name stands for all that begin so. */
bool read_set(const char *list, const char *const *names, size_t n, unsigned *set);
bool read_cases(const char *list, unsigned *set);

bool read_seconds(const char *text, double *seconds);
bool read_threads(const char *text, size_t *threads);

#endif
