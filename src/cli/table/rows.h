/* SPDX-License-Identifier: BSD-3-Clause */
/* Which samples of a data set: "all", or numbers and ranges as in "0,3,10-19". */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is of that form. */
bool rows_are(const char *text);

/* How many samples the text names of n. An int code: CODE_USAGE where one is not there. */
int rows_count(const char *text, size_t n, size_t *count);

/* Their numbers, rows_count of them. */
void rows_list(const char *text, size_t n, size_t *list);

#endif
