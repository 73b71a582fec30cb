/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of numbers while its fields are being chosen. */
#ifndef CLI_TABLE_FILE_TMPL_H
#define CLI_TABLE_FILE_TMPL_H

#include "bpblas.h"
#include "csv_columns.h"
#include "samples_tmpl.h"
#include "base/tmpl.h"

/* All zero before it is opened. */
struct table {
    const char *path;
    out_t values; /* a sample is a column */
    struct columns columns;
    struct selection inputs, targets;
    bool has_label; /* targets is the field of the class */
    struct classes classes; /* of labels that were texts */
};

/* Read a file as it is. An int code. */
int BPB(cli_read_values)(out_t *V, const char *path);

/* label: NULL, or that of a CSV file, which may be a text; known: as in cli_read_table. An int
 * code; the table is to be closed in any case. */
int BPB(cli_open_table)(struct table *table, const char *path, const char *label,
                        const struct classes *known);
void BPB(cli_close_table)(struct table *table);

/* Copy what is selected; the targets are none where a net predicts. An int code. */
int BPB(cli_fill_samples)(struct samples *samples, struct table *table);

#endif
