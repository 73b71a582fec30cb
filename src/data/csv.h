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

struct csv_place {
    size_t line, field; /* from 1 */
};

struct csv {
    FILE *stream;
    unsigned char chunk[CSV_CHUNK_BYTES]; /* of the file */
    size_t next, n;
    bool ended; /* nothing is left of the file */

    /* The field read last, without its quotes and the blanks around it. */
    char *field;
    size_t length, capacity;
    bool is_quoted, ends_row;
    bool is_mixed; /* the separator behind it is not that of the rows so far */
    int separator; /* that one; 0: none yet */
    int end;       /* the separator behind it, or what ended the row */

    /* Where it is, from 1. */
    size_t line;         /* of the byte that is next */
    struct csv_place at; /* of the field */
    struct texts header; /* names of the fields, where there are any */
};

/* REFUSE_FIELD(csv, at, status, form, value, ...): an error whose sentence begins with the place of
 * a field, its name too where there is a header. */
#define REFUSE_FIELD(csv, at, status, form, ...)                                                   \
    do {                                                                                           \
        const char *const name_ = bpb_csv_field_name(csv, (at).field);                             \
        if (name_)                                                                                 \
            REFUSE(status, "line %zu, field %zu (\"%s\") " form, (at).line, (at).field,            \
                   CLIP(name_), __VA_ARGS__);                                                      \
        REFUSE(status, "line %zu, field %zu " form, (at).line, (at).field, __VA_ARGS__);           \
    } while (0)

/* The name of a field, counted from 1, or NULL. */
const char *bpb_csv_field_name(const struct csv *csv, size_t field);

/* "','", "';'", "a tab" */
const char *bpb_csv_separator_name(int separator);

/* BPB_ERR_IO, BPB_ERR_MEMORY; the sentence names the file. */
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
    int mixed_end;       /* the separator behind that one */
    size_t line;         /* where it begins, from 1 */
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
 * on an error. *bad: the first text that is no name of labels, or CSV_NO_COLUMN. BPB_ERR_MEMORY,
 * BPB_ERR_SIZE.
 */
bpb_status bpb_csv_classify(const struct texts *texts, const bpb_csv_labels *labels,
                            size_t **classes, struct texts *names, size_t *bad);

#endif
