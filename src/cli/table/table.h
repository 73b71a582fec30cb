/* SPDX-License-Identifier: BSD-3-Clause */
/* Data in one file: which of its fields are inputs, targets or classes. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>

#include "cli/common/args.h"

enum source { SOURCE_FOLDER, SOURCE_CSV, SOURCE_NPY };

/* What the path is: a .npy file by its name, any other file CSV, a folder one of IDX files. */
enum source source_of(const char *path);

/* NULL: not given. For a CSV file these are lists as in csv_columns.h. For a NumPy file, targets
 * and label name other files, and inputs cannot be chosen. */
struct table_settings {
    const char *path;
    const char *inputs, *targets, *label;
    bool is_test; /* the options are --test-targets and --test-label */
};

/* The names of the options, for messages. */
const char *table_targets_option(const struct table_settings *table);
const char *table_label_option(const struct table_settings *table);

/* Whether the options go together and fit the source. false: said why. */
bool table_check(const struct table_settings *table);

/* --inputs, --targets and --label of a struct table_settings, for a command with a model. */
extern const struct option table_field_options[];

/* clang-format off */
#define TABLE_INPUTS_HELP                                                                          \
    "CSV file: the fields that are inputs, separated by commas. A field is given by its name in "  \
    "the first row, by its number from 1, or as part of a range such as 2-5."
#define TABLE_TARGETS_HELP                                                                         \
    "Numbers to compare the outputs with. CSV file: the fields, given as for --inputs. "           \
    "NumPy file: another .npy file with the targets of one sample in each row."
#define TABLE_LABEL_HELP                                                                           \
    "Classes of the samples. CSV file: the field with the class, which is a whole number from 0 "  \
    "or a text. Texts become classes 0, 1, ... sorted by their bytes. NumPy file: another .npy "   \
    "file with one class for each sample."
/* clang-format on */

#endif
