/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of numbers, before its fields are copied into samples. */
#ifndef CLI_TABLE_FILE_TMPL_H
#define CLI_TABLE_FILE_TMPL_H

#include "bpblas.h"
#include "csv_columns.h"
#include "samples_tmpl.h"
#include "base/tmpl.h"

/* All zero before cli_open_table. */
struct table {
    const char *path;
    out_t values; /* a sample is a column */
    struct columns columns;
    struct selection inputs, targets;
    bool has_label;         /* targets holds the field of the class */
    struct classes classes; /* names, if the labels are texts */
};

/* Read all fields of a file. An int code. */
int BPB(cli_read_values)(out_t *V, const char *path);

/* label: the list of the class field of a CSV file, which may hold texts; or NULL. known: as in
 * cli_read_table. An int code; the table is to be closed in any case. */
int BPB(cli_open_table)(struct table *table, const char *path, const char *label,
                        const struct classes *known);
void BPB(cli_close_table)(struct table *table);

/* Copy the selected fields; to predict, no targets are selected. An int code. */
int BPB(cli_fill_samples)(struct samples *samples, struct table *table);

#endif
