/* SPDX-License-Identifier: BSD-3-Clause */
/* Which samples of a data set: "all", or numbers and ranges as in "0,3,10-19". */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is of that form. */
bool rows_are(const char *text);

/*
 * *rows = the numbers of the *count samples that the text names of n, to be freed. text NULL: the
 * first ones, as many as first, or all if first is 0. An int code: CODE_USAGE if a sample is not
 * there.
 */
int rows_choose(const char *text, size_t first, size_t n, size_t **rows, size_t *count);

#endif
