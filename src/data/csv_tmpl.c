/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>

#include "base/tmpl.h"
#include "data/csv.h"
#include "base/decimal.h"

/* What has been read: rows x cols values, and in the midst of a row some more. */
struct table {
    real *data;
    size_t count, capacity;
    size_t rows, cols;    /* of X; a row of the file is a column; rows 0: not known yet */
    size_t label;         /* the row of class names, or CSV_NO_COLUMN */
    struct texts classes; /* of all columns so far */
};

/* The names of the classes, where they are asked for. */
struct names {
    char **block;
    size_t n;
};

/* ---- Rows ---- */

/* Rounded once, to the precision asked for. What is too small becomes a subnormal or 0. */
static bpb_status number_of(const char *text, real *value)
{
    const enum csv_kind kind = bpb_csv_kind(text);
    REQUIRE(kind == CSV_DECIMAL || kind == CSV_SPECIAL, BPB_ERR_FORMAT);
    *value = BPB_SELECT(strtod, strtof)(text, NULL);
    return kind == CSV_DECIMAL && isinf(*value) ? BPB_ERR_RANGE : BPB_OK;
}

/* A class name is kept, and its class is not known before all of them are. */
static bpb_status append_field(struct table *table, const char *text, size_t row)
{
    real value = 0;
    void *data = table->data;
    if (row == table->label) {
        REQUIRE(*text != '\0', BPB_ERR_FORMAT);
        TRY(bpb_texts_add(&table->classes, text));
    } else {
        TRY(number_of(text, &value));
    }
    TRY(bpb_grow(&data, &table->capacity, table->count + 1, sizeof(real)));
    table->data = data;
    table->data[table->count++] = value;
    return BPB_OK;
}

/* Read the fields of a row, *fields of them. */
static bpb_status read_fields(struct csv *csv, struct table *table, size_t *fields)
{
    for (*fields = 0;; ++*fields) {
        TRY(bpb_csv_field(csv));
        if (*fields == 0 && bpb_csv_is_blank_row(csv))
            return BPB_OK;
        REQUIRE(!csv->is_mixed && (table->rows == 0 || *fields < table->rows), BPB_ERR_FORMAT);
        TRY(append_field(table, csv->field, *fields));
        if (csv->ends_row)
            break;
    }
    ++*fields;
    return BPB_OK;
}

/* *where is the entry that is being read, or that is missing. */
static bpb_status read_row(struct csv *csv, struct table *table, bpb_where *where)
{
    where->col = table->cols;
    TRY(read_fields(csv, table, &where->row));
    if (where->row == 0)
        return BPB_OK;
    REQUIRE(table->rows == 0 || where->row == table->rows, BPB_ERR_FORMAT);
    table->rows = where->row;
    table->cols++;
    return BPB_OK;
}

/* ---- The first row ---- */

static bpb_status take_numbers(struct table *table, const struct csv_row *first, bpb_where *where)
{
    const char *text = first->fields.bytes;
    for (where->row = 0; where->row < first->fields.n; where->row++) {
        REQUIRE(where->row != first->mixed, BPB_ERR_FORMAT);
        TRY(append_field(table, text, where->row));
        text = bpb_texts_next(text);
    }
    table->rows = first->fields.n;
    table->cols = 1;
    return BPB_OK;
}

/* The rows behind a header may have another separator. Where it says which column holds class
 * names, they must be as long as it is. */
static bpb_status take_first_row(struct csv *csv, struct table *table, struct csv_row *first,
                                 const bpb_csv_labels *labels, bpb_where *where)
{
    where->row = 0;
    TRY(bpb_csv_judge_row(first, labels));
    table->label = first->label;
    if (!first->is_header)
        return take_numbers(table, first, where);
    csv->separator = 0;
    if (!labels)
        return BPB_OK;
    where->row = first->mixed;
    REQUIRE(first->mixed == CSV_NO_COLUMN, BPB_ERR_FORMAT);
    table->rows = first->fields.n;
    return BPB_OK;
}

static bpb_status read_first_row(struct csv *csv, struct table *table,
                                 const bpb_csv_labels *labels, bpb_where *where)
{
    struct csv_row first;
    bpb_status status = bpb_csv_first_row(csv, &first);
    where->row = first.fields.n;
    if (!status && first.fields.n > 0)
        status = take_first_row(csv, table, &first, labels, where);
    bpb_texts_free(&first.fields);
    return status;
}

/* ---- The file ---- */

/* Give back what was taken too much. */
static bpb_status shrink(struct table *table)
{
    real *shrunk = realloc(table->data, table->count * sizeof *shrunk);
    REQUIRE(shrunk, BPB_ERR_MEMORY);
    table->data = shrunk;
    return BPB_OK;
}

static bpb_status read_rows(struct csv *csv, struct table *table, const bpb_csv_labels *labels,
                            bpb_where *where)
{
    bpb_where entry = {0};
    bpb_status status = read_first_row(csv, table, labels, &entry);
    while (!status && !csv->ended)
        status = read_row(csv, table, &entry);
    if (where && (status == BPB_ERR_FORMAT || status == BPB_ERR_RANGE))
        *where = entry;
    TRY(status);
    REQUIRE(table->cols > 0, BPB_ERR_SIZE);
    return shrink(table);
}

/* X(label, j) = class j, where the precision has that number. */
static bpb_status write_classes(struct table *table, const size_t *classes, bpb_where *where)
{
    for (size_t j = 0; j < table->cols; j++) {
        const real class = (real)classes[j];
        if ((size_t)class != classes[j]) {
            if (where)
                *where = (bpb_where){table->label, j};
            REFUSE(BPB_ERR_RANGE);
        }
        table->data[j * table->rows + table->label] = class;
    }
    return BPB_OK;
}

static bpb_status find_classes(struct table *table, const bpb_csv_labels *labels,
                               struct names *names, bpb_where *where)
{
    struct texts list = {0};
    size_t *classes = NULL, bad;
    bpb_status status = bpb_csv_classify(&table->classes, labels, &classes, &list, &bad);
    if (status == BPB_ERR_LABEL && where)
        *where = (bpb_where){table->label, bad};
    if (!status)
        status = write_classes(table, classes, where);
    if (!status && names)
        status = bpb_texts_block(&list, &names->block);
    if (!status && names)
        names->n = list.n;
    bpb_texts_free(&list);
    free(classes);
    return status;
}

/* labels: NULL where all fields are numbers; names: NULL where they are not wanted. */
static bpb_status read_file(out_t *X, const char *path, const bpb_csv_labels *labels,
                            struct names *names, bpb_where *where)
{
    struct csv csv;
    struct table table = {.label = CSV_NO_COLUMN};
    TRY(bpb_csv_open(&csv, path));
    bpb_status status = read_rows(&csv, &table, labels, where);
    bpb_csv_close(&csv);
    if (!status && labels)
        status = find_classes(&table, labels, names, where);
    bpb_texts_free(&table.classes);
    if (status) {
        free(table.data);
        return status;
    }
    *X = (out_t){.data = table.data,
                 .rows = table.rows,
                 .cols = table.cols,
                 .ld = table.rows,
                 .row_stride = 1};
    return BPB(find_nonfinite)(BPB(view_of)(*X), where);
}

/* bpb_csv_read, bpbf_csv_read */
bpb_status BPB(csv_read)(out_t *X, const char *path, bpb_where *where)
{
    REQUIRE(X && path, BPB_ERR_NULL);
    struct decimal decimal;
    TRY(decimal_enter(&decimal));
    const bpb_status status = read_file(X, path, NULL, NULL, where);
    decimal_leave(&decimal);
    return status;
}

/* bpb_csv_read_labels, bpbf_csv_read_labels */
bpb_status BPB(csv_read_labels)(out_t *X, const char *path, const bpb_csv_labels *labels,
                                char ***names, size_t *n_names, bpb_where *where)
{
    static const bpb_csv_labels defaults = {0};
    const bpb_csv_labels *given = labels ? labels : &defaults;
    struct names list = {0};
    struct decimal decimal;
    REQUIRE(X && path && !names == !n_names, BPB_ERR_NULL);
    TRY(bpb_csv_labels_check(given));
    TRY(decimal_enter(&decimal));
    const bpb_status status = read_file(X, path, given, names ? &list : NULL, where);
    decimal_leave(&decimal);
    if (status >= 0 && names) {
        *names = list.block;
        *n_names = list.n;
    }
    return status;
}
