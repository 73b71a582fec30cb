/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of numbers as far as the text of their fields, one at a time. */
#ifndef BPB_CSV_H
#define BPB_CSV_H

#include <stdio.h>

#include "common.h"

#define CSV_FIELD_BYTES 1024 /* with the closing 0: a longer field is taken for no number */
#define CSV_CHUNK_BYTES 16384

enum csv_kind {
    CSV_EMPTY,
    CSV_DECIMAL, /* [+-] digits, a point among them or not, [e[+-] digits] */
    CSV_SPECIAL, /* [+-] nan, inf or infinity, in letters of any case */
    CSV_TEXT     /* anything else */
};

struct csv {
    FILE *stream;
    unsigned char chunk[CSV_CHUNK_BYTES]; /* of the file */
    size_t at, n;
    bool ended; /* nothing is left of the file */

    /* The field read last, without the blanks around it. */
    char field[CSV_FIELD_BYTES];
    size_t length;
    enum csv_kind kind;
    bool ends_row;
    int separator; /* that of the rows so far; 0: none yet */
};

/* BPB_ERR_IO, BPB_ERR_MEMORY. */
bpb_status bpb_csv_open(struct csv *csv, const char *path);

/* Read a field. BPB_ERR_IO; BPB_ERR_FORMAT: a NUL byte, or another separator than before. */
bpb_status bpb_csv_field(struct csv *csv);

/* Leave out what is left of a row that is a header, and its separator. As bpb_csv_field. */
bpb_status bpb_csv_skip_row(struct csv *csv);

/* Keeps errno. */
void bpb_csv_close(struct csv *csv);

#endif
