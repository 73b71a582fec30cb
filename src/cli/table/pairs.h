/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs and targets for one model: which were asked for. */
#ifndef CLI_PAIRS_H
#define CLI_PAIRS_H

#include <stddef.h>

#include "table.h"

struct pairs_settings {
    const char *model, *data; /* data: a CSV or NumPy file, or a folder of IDX files */
    const char *inputs, *targets, *label; /* as in table.h; NULL: as the model says */
    size_t part;              /* enum part, of a folder */
    const char *rows;         /* see rows.h; NULL: the first ones */
    size_t first_rows;        /* so many; 0: all */
};

/* What of it is about the file. */
struct table_settings pairs_table(const struct pairs_settings *settings);

/* The options of a command that takes them: its settings have a member pairs. */
#define PAIRS_OPTIONS(settings, rows_by_default)                                                  \
    {.name = "model", .kind = &kind_path, .offset = offsetof(settings, pairs.model),              \
     .value = "FILE", .required = true,                                                           \
     .help = "a model that bpblas train saved, or another safetensors file of its form; if its "  \
             "name ends in .json, one of network2.py, which is easily written by hand"},          \
    {.name = "data", .kind = &kind_path, .offset = offsetof(settings, pairs.data),                \
     .value = "FILE|DIR", .required = true, .help = PAIRS_DATA_HELP},                             \
    {.name = "part", .kind = &kind_part, .offset = offsetof(settings, pairs.part),                \
     .value = "NAME", .preset = "test",                                                           \
     .help = "of a folder: test takes the t10k files, train the train files"},                    \
    PAIRS_FIELDS(settings, pairs),                                                               \
    {.name = "rows", .kind = &kind_rows, .offset = offsetof(settings, pairs.rows),                \
     .value = "LIST", .help = PAIRS_ROWS_HELP rows_by_default}
/* Which fields of a file are what; also for other commands with a model. */
#define PAIRS_FIELDS(settings, member)                                                            \
    {.name = "inputs", .kind = &kind_path, .offset = offsetof(settings, member.inputs),           \
     .value = "NAME,...", .help = TABLE_INPUTS_HELP PAIRS_BY_DEFAULT},                            \
    {.name = "targets", .kind = &kind_path, .offset = offsetof(settings, member.targets),         \
     .value = "NAME,...|FILE", .help = TABLE_TARGETS_HELP},                                       \
    {.name = "label", .kind = &kind_path, .offset = offsetof(settings, member.label),             \
     .value = "NAME|FILE", .help = TABLE_LABEL_HELP}
#define PAIRS_BY_DEFAULT                                                                           \
    "without this, --targets or --label, the fields that the model has learnt from"
#define PAIRS_DATA_HELP                                                                            \
    "a CSV file with a sample in each row: the fields that the model has learnt from, by the "    \
    "names in its first row, or else the inputs, then the targets (or, for cross-entropy "        \
    "of more than one output, the number of the class, from 0); a first row with a field "        \
    "that is no number is no sample. Or, where its name ends in .npy, an array of NumPy with "     \
    "such rows. Or a folder with the IDX files, as for bpblas eval"
#define PAIRS_ROWS_HELP                                                                            \
    "which samples, counted from 0: numbers and ranges with commas between, as in 0,3,10-19, or " \
    "all; "

#endif
