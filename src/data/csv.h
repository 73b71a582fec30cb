/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of numbers and names as far as the text of their fields, one at a time. */
#ifndef BPB_CSV_H
#define BPB_CSV_H

#include <stdio.h>

#include "base/common.h"
#include "base/texts.h"

#define CSV_NUMBER_BYTES 1023 /* a longer field is taken for no number */
#define CSV_CHUNK_BYTES 16384

/* ---- Fields (csv.c) ---- */

enum csv_kind {
    CSV_EMPTY,
    CSV_DECIMAL, /* [+-] digits, a point among them or not, [e[+-] digits] */
    CSV_SPECIAL, /* [+-] nan, inf or infinity, in letters of any case */
    CSV_TEXT     /* anything else */
};

/* The locale is C's. */
enum csv_kind bpb_csv_kind(const char *text);

struct csv {
    FILE *stream;
    unsigned char chunk[CSV_CHUNK_BYTES]; /* of the file */
    size_t at, n;
    bool ended; /* nothing is left of the file */

    /* The field read last, without its quotes and the blanks around it. */
    char *field;
    size_t length, capacity;
    bool is_quoted, ends_row;
    bool is_mixed; /* the separator behind it is not that of the rows so far */
    int separator; /* that one; 0: none yet */
};

/* BPB_ERR_IO, BPB_ERR_MEMORY. */
bpb_status bpb_csv_open(struct csv *csv, const char *path);

/* Read a field. BPB_ERR_IO, BPB_ERR_MEMORY, BPB_ERR_SIZE; BPB_ERR_FORMAT: a NUL byte, or no closing
 * quote. */
bpb_status bpb_csv_field(struct csv *csv);

/* Whether the field, the first of its row, shows it to be an empty line. */
bool bpb_csv_is_blank_row(const struct csv *csv);

/* Keeps errno. */
void bpb_csv_close(struct csv *csv);

/* ---- The first row (csv_header.c) ---- */

#define CSV_NO_COLUMN SIZE_MAX

struct csv_row {
    struct texts fields; /* the caller's to free */
    size_t mixed;        /* the first of them that is_mixed, or CSV_NO_COLUMN */
    bool is_header;
    size_t label; /* which column holds class names, or CSV_NO_COLUMN */
};

/* Read the first row that is not an empty line; where there is none it has no fields. As
 * bpb_csv_field; the fields before an error are there. */
bpb_status bpb_csv_first_row(struct csv *csv, struct csv_row *row);

/* Whether it is a header, and which column labels mean (NULL: none). BPB_ERR_OPTION: none. */
bpb_status bpb_csv_judge_row(struct csv_row *row, const bpb_csv_labels *labels);

/* ---- Class names (csv_labels.c) ---- */

/* BPB_ERR_NULL, BPB_ERR_SIZE. */
bpb_status bpb_csv_labels_check(const bpb_csv_labels *labels);

/*
 * classes[j] = the class of text j, and *names all their names; both are the caller's to free, also
 * on an error. BPB_ERR_LABEL: text *bad is no name that labels has. BPB_ERR_MEMORY, BPB_ERR_SIZE.
 */
bpb_status bpb_csv_classify(const struct texts *texts, const bpb_csv_labels *labels,
                            size_t **classes, struct texts *names, size_t *bad);

#endif
