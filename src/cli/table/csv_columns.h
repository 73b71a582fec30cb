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

/* Some of the fields, counted from 0. */
struct selection {
    size_t *index;
    size_t count;
};

/* Read the names of a file whose samples have that number of fields. An int code; the columns are
 * to be closed in any case. */
int columns_open(struct columns *columns, const char *path, size_t fields);
void columns_close(struct columns *columns);

/*
 * Select the fields in a list. Its items are separated by commas; each is a name of the header,
 * else a number, else a range of numbers such as 2-5. An item in double quotes is a name, and may
 * contain commas. A message about a wrong item names the option and the fields of the file; option
 * NULL: no message. An int code; selection->index is to be freed.
 */
int columns_select(const struct columns *columns, const char *option, const char *list,
                   struct selection *selection);

/* Select all fields that are not in others. An int code; selection->index is to be freed. */
int columns_rest(const struct columns *columns, const struct selection *others,
                 struct selection *selection);

bool columns_has(const struct selection *selection, size_t field);

/* A list that selects the same fields again, to be freed; NULL: out of memory. */
char *columns_list(const struct columns *columns, const struct selection *selection);

/* Whether all items are numbers or ranges: the list then fits a file without names. */
bool columns_are_numbers(const char *list);

/* Whether the list is one number; *field is counted from 0. */
bool columns_is_number(const char *list, size_t *field);

/* "its fields are a, b, c" or "it has 3 fields and no names", cut if there is no room. */
void columns_describe(const struct columns *columns, char *text, size_t bytes);

#endif
