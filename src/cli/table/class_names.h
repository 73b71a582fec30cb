/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of the classes, if the data have texts instead of numbers. */
#ifndef CLI_CLASS_NAMES_H
#define CLI_CLASS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* names[k] is that of class k. The names are one block, freed with bpb_free; NULL: numbers. */
struct classes {
    char **names;
    size_t n;
};

/* The names as one list, to be freed; NULL: out of memory. */
char *classes_list(const struct classes *classes);

/* Read the names from such a list; list NULL: none. An int code. */
int classes_read(struct classes *classes, const char *list);

/* The column of a CSV file with the texts, in the form that bpb_csv_read_labels takes. */
struct class_column {
    char name[1024];
    size_t field;    /* counted from 0 */
    bool has_header; /* the first row of the file is a header */
};

/* Find the field that --label names in a file whose texts have not been read. An int code. */
int classes_find_column(struct class_column *column, const char *path, const char *label);

#endif
