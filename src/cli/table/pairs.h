/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs and targets for a model: what the command line says about them. */
#ifndef CLI_PAIRS_H
#define CLI_PAIRS_H

#include <stddef.h>

#include "cli/common/saved_model.h"
#include "table.h"

struct pairs_settings {
    struct model_settings model;
    struct table_settings data; /* path: a CSV or NumPy file, or a folder of IDX files */
    size_t part;                /* enum part, of a folder */
    const char *rows;           /* see rows.h; NULL: the first ones */
    size_t first_rows;          /* number of the first ones; 0: all */
};

/* --data and --part of a struct pairs_settings. */
extern const struct option pairs_data_options[];

/* clang-format off */
/* The tables of options of a command whose settings have a member pairs. */
#define PAIRS_GROUPS(settings)                                                                     \
    {"options", model_options, offsetof(settings, pairs.model)},                                   \
    {NULL, pairs_data_options, offsetof(settings, pairs)},                                         \
    {NULL, table_field_options, offsetof(settings, pairs.data)}

/* The option --rows of such a command; by_default: the samples that it uses without the option. */
#define PAIRS_ROWS(settings, by_default)                                                           \
    {.name = "rows", .kind = &kind_rows, .offset = offsetof(settings, pairs.rows),                 \
     .value = "LIST", .absent = by_default,                                                        \
     .help = "Samples to use, counted from 0: numbers and ranges, separated by commas, as in "     \
             "0,3,10-19. all means all samples."}
/* clang-format on */

#endif
