/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of classes, where the data have texts and no numbers for them. */
#ifndef CLI_CLASS_NAMES_H
#define CLI_CLASS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* names[k] is class k; one block, to be freed with bpb_free. NULL: classes are numbers. */
struct classes {
    char **names;
    size_t n;
};

/* The names as one list, to be freed; NULL: out of memory. */
char *classes_list(const struct classes *classes);

/* The names in such a list, NULL: none. An int code. */
int classes_read(struct classes *classes, const char *list);

/* The column of a CSV file with texts for classes, as the library wants it told. */
struct class_column {
    char name[1024];
    size_t field;    /* counted from 0 */
    bool has_header; /* the file's first row is one */
};

/* Find the field of that list, --label's, in a file whose texts are not read yet. An int code. */
int classes_find_column(struct class_column *column, const char *path, const char *label);

#endif
