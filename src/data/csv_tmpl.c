/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>

#include "tmpl.h"
#include "data/csv.h"
#include "data/decimal.h"

/* What has been read: rows x cols values, and in the midst of a row some more. */
struct table {
    real *data;
    size_t count, capacity;
    size_t rows, cols; /* of X; a row of the file is a column */
    bool past_header;  /* the first row that is not empty has been read */
};

/* Room for one value more: doubled each time, so that memory goes by what the file really holds. */
static bpb_status make_room(struct table *table)
{
    if (table->count < table->capacity)
        return BPB_OK;
    const size_t wanted = BPB_MAX(2 * table->capacity, (size_t)256);
    REQUIRE(wanted <= PTRDIFF_MAX / sizeof(real), BPB_ERR_SIZE);
    real *grown = realloc(table->data, wanted * sizeof *grown);
    REQUIRE(grown, BPB_ERR_MEMORY);
    table->data = grown;
    table->capacity = wanted;
    return BPB_OK;
}

/* Rounded once, to the precision asked for. What is too small becomes a subnormal or 0. */
static bpb_status append_field(struct table *table, const struct csv *csv)
{
    REQUIRE(csv->kind == CSV_DECIMAL || csv->kind == CSV_SPECIAL, BPB_ERR_FORMAT);
    const real value = BPB_SELECT(strtod, strtof)(csv->field, NULL);
    REQUIRE(csv->kind == CSV_SPECIAL || !isinf(value), BPB_ERR_RANGE);
    TRY(make_room(table));
    table->data[table->count++] = value;
    return BPB_OK;
}

/* Read the fields of a row, *fields of them, as far as to the first text of a header. */
static bpb_status read_fields(struct csv *csv, struct table *table, size_t *fields, bool *is_header)
{
    *is_header = false;
    for (*fields = 0;; ++*fields) {
        TRY(bpb_csv_field(csv));
        if (*fields == 0 && csv->kind == CSV_EMPTY && csv->ends_row)
            return BPB_OK;
        *is_header = csv->kind == CSV_TEXT && !table->past_header;
        if (*is_header)
            return BPB_OK;
        REQUIRE(table->cols == 0 || *fields < table->rows, BPB_ERR_FORMAT);
        TRY(append_field(table, csv));
        if (csv->ends_row)
            break;
    }
    ++*fields;
    return BPB_OK;
}

/* *where is the entry that is being read, or that is missing. */
static bpb_status read_row(struct csv *csv, struct table *table, bpb_where *where)
{
    bool is_header;
    where->col = table->cols;
    TRY(read_fields(csv, table, &where->row, &is_header));
    if (where->row == 0 && !is_header)
        return BPB_OK;
    table->past_header = true;
    if (is_header) {
        table->count = 0;
        return bpb_csv_skip_row(csv);
    }
    REQUIRE(table->cols == 0 || where->row == table->rows, BPB_ERR_FORMAT);
    table->rows = where->row;
    table->cols++;
    return BPB_OK;
}

/* Give back what was taken too much. */
static bpb_status shrink(struct table *table)
{
    real *shrunk = realloc(table->data, table->count * sizeof *shrunk);
    REQUIRE(shrunk, BPB_ERR_MEMORY);
    table->data = shrunk;
    return BPB_OK;
}

/* table->data is the caller's to free, also on an error. */
static bpb_status read_table(struct csv *csv, struct table *table, bpb_where *where)
{
    bpb_status status = BPB_OK;
    bpb_where entry = {0};
    while (!status && !csv->ended)
        status = read_row(csv, table, &entry);
    if (where && (status == BPB_ERR_FORMAT || status == BPB_ERR_RANGE))
        *where = entry;
    TRY(status);
    REQUIRE(table->cols > 0, BPB_ERR_SIZE);
    TRY(shrink(table));
    return BPB(find_nonfinite)(BPB(cmatrix)(table->data, table->rows, table->cols), where);
}

static bpb_status read_file(BPB(view) * X, const char *path, bpb_where *where)
{
    struct csv csv;
    struct table table = {0};
    TRY(bpb_csv_open(&csv, path));
    const bpb_status status = read_table(&csv, &table, where);
    bpb_csv_close(&csv);
    if (status >= 0)
        *X = (BPB(view)){.data = table.data, .rows = table.rows, .cols = table.cols,
                         .ld = table.rows, .row_stride = 1};
    else
        free(table.data);
    return status;
}

/* bpb_scsv_read, bpb_dcsv_read */
bpb_status BPB(csv_read)(BPB(view) * X, const char *path, bpb_where *where)
{
    REQUIRE(X && path, BPB_ERR_NULL);
    struct decimal decimal;
    TRY(decimal_enter(&decimal));
    const bpb_status status = read_file(X, path, where);
    decimal_leave(&decimal);
    return status;
}
