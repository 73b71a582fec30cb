/* SPDX-License-Identifier: BSD-3-Clause */
/* Data in one file: which of its fields are what. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>

enum source { SOURCE_FOLDER, SOURCE_CSV, SOURCE_NPY };

/* What a path is: .npy by its name, any other file CSV; a folder is one of IDX files. */
enum source source_of(const char *path);

/* NULL: not given. Of a CSV file, lists as columns.h has them. Of a NumPy file, targets and label
 * are files of their own, and there are no inputs to choose. */
struct table_settings {
    const char *path;
    const char *inputs, *targets, *label;
    const char *targets_option, *label_option; /* how they are called in complaints */
};

/* Whether targets and label go together, and with the source. false: said why. */
bool table_check(const struct table_settings *table);

#define TABLE_INPUTS_HELP                                                                          \
    "of a CSV file: the fields that are inputs, by their names in the header or their numbers "    \
    "from 1, with commas between; ranges as in 2-5, too; "
#define TABLE_TARGETS_HELP                                                                         \
    "of a CSV file: the fields to compare the outputs with, named as in --inputs; of a NumPy "     \
    "file: another one, with the targets of each sample in a row"
#define TABLE_LABEL_HELP                                                                           \
    "of a CSV file: the field with the class of a sample, a number from 0, or a text, of which "   \
    "classes 0, 1, ... are made in the order of their bytes; of a NumPy file: another one, with "  \
    "the class of each sample"

#endif
