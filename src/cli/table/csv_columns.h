/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of a CSV file by their names, or by their numbers from 1. */
#ifndef CLI_CSV_COLUMNS_H
#define CLI_CSV_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

struct columns {
    const char *path;
    char **names;  /* of the header; NULL: the file has none */
    size_t fields; /* of a sample */
};

/* Some of them, counted from 0. */
struct selection {
    size_t *index;
    size_t count;
};

/* The names of a file whose samples have so many fields. An int code; to be closed in any case. */
int columns_open(struct columns *columns, const char *path, size_t fields);
void columns_close(struct columns *columns);

/*
 * The fields in a list: items with commas between, each a name of the header, else a number, else a
 * range of numbers as in 2-5; in double quotes a name alone, and a comma is one of its letters.
 * Those that cannot be had are told, with what the file has; option NULL: nothing is said. An int
 * code; selection->index is to be freed.
 */
int columns_select(const struct columns *columns, const char *option, const char *list,
                   struct selection *selection);

/* All fields that are not in others. As columns_select. */
int columns_rest(const struct columns *columns, const struct selection *others,
                 struct selection *selection);

bool columns_has(const struct selection *selection, size_t field);

/* The list that selects these again, to be freed; NULL: out of memory. */
char *columns_list(const struct columns *columns, const struct selection *selection);

/* Whether the list has numbers alone, and so goes with a file without names. */
bool columns_are_numbers(const char *list);

/* Whether the list is one number; *field is counted from 0. */
bool columns_is_number(const char *list, size_t *field);

/* ", NAME," for a field of the file, which need not be one of numbers throughout; else nothing. */
void columns_name(const char *path, size_t field, char *text, size_t bytes);

/* "its fields are a, b, c" or "it has 3 fields and no names", as far as there is room. */
void columns_describe(const struct columns *columns, char *text, size_t bytes);

#endif
