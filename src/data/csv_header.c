/* SPDX-License-Identifier: BSD-3-Clause */
/* The first row of a file: names, or numbers already. */
#include <string.h>

#include "data/csv.h"
#include "base/decimal.h"
#include "base/files.h"

bpb_status bpb_csv_first_row(struct csv *csv, struct csv_row *row)
{
    *row = (struct csv_row){.mixed = CSV_NO_COLUMN, .label = CSV_NO_COLUMN};
    do
        TRY(bpb_csv_field(csv));
    while (bpb_csv_is_blank_row(csv) && !csv->ended);
    if (bpb_csv_is_blank_row(csv))
        return BPB_OK;
    row->line = csv->at.line;
    for (;;) {
        if (csv->is_mixed && row->mixed == CSV_NO_COLUMN) {
            row->mixed = row->fields.n;
            row->mixed_end = csv->end;
        }
        TRY(bpb_texts_add(&row->fields, csv->field));
        if (csv->ends_row)
            return BPB_OK;
        TRY(bpb_csv_field(csv));
    }
}

/* ---- Which column ---- */

/* The column of that name, among those whose names are no numbers, or CSV_NO_COLUMN. */
static size_t find_name(const struct texts *fields, const char *name)
{
    const char *text = fields->bytes;
    if (bpb_csv_kind(name) != CSV_TEXT)
        return CSV_NO_COLUMN;
    for (size_t k = 0; k < fields->n; k++, text = bpb_texts_next(text))
        if (strcmp(text, name) == 0)
            return k;
    return CSV_NO_COLUMN;
}

/* A whole number below n, or CSV_NO_COLUMN. */
static size_t column_number(const char *text, size_t n)
{
    size_t number = 0;
    if (*text == '\0')
        return CSV_NO_COLUMN;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || !size_mul(number, 10, &number) ||
            !size_add(number, (size_t)(*text - '0'), &number))
            return CSV_NO_COLUMN;
    }
    return number < n ? number : CSV_NO_COLUMN;
}

/* Whether a field that is not of this column is text. */
static bool has_text_beside(const struct texts *fields, size_t column)
{
    const char *text = fields->bytes;
    for (size_t k = 0; k < fields->n; k++, text = bpb_texts_next(text))
        if (k != column && bpb_csv_kind(text) == CSV_TEXT)
            return true;
    return false;
}

bpb_status bpb_csv_judge_row(struct csv_row *row, const bpb_csv_labels *labels)
{
    const char *column = labels ? labels->column : NULL;
    const size_t named = column ? find_name(&row->fields, column) : CSV_NO_COLUMN;
    if (named != CSV_NO_COLUMN)
        row->label = named;
    else if (labels)
        row->label = column ? column_number(column, row->fields.n) : row->fields.n - 1;
    REQUIRE(!labels || row->label != CSV_NO_COLUMN, BPB_ERR_OPTION,
            "labels->column is \"%s\", neither a name in line %zu nor a number of 0 to %zu",
            CLIP(column ? column : ""), row->line, row->fields.n - 1);
    row->is_header = named != CSV_NO_COLUMN || has_text_beside(&row->fields, row->label);
    return BPB_OK;
}

/* ---- Names ---- */

static bpb_status list_names(struct csv_row *row, char ***names, size_t *n)
{
    char **block = NULL;
    if (row->fields.n > 0)
        TRY(bpb_csv_judge_row(row, NULL));
    REQUIRE(!row->is_header || row->mixed == CSV_NO_COLUMN, BPB_ERR_FORMAT,
            "line %zu, field %zu ends with %s; the header has two kinds of separators", row->line,
            row->mixed + 1, bpb_csv_separator_name(row->mixed_end));
    if (row->is_header)
        TRY(bpb_texts_block(&row->fields, &block));
    *names = block;
    *n = row->is_header ? row->fields.n : 0;
    return BPB_OK;
}

static bpb_status read_names(char ***names, size_t *n, const char *path)
{
    struct csv csv;
    struct csv_row row;
    TRY(bpb_csv_open(&csv, path));
    bpb_status status = bpb_csv_first_row(&csv, &row);
    bpb_csv_close(&csv);
    if (!status)
        status = list_names(&row, names, n);
    bpb_texts_free(&row.fields);
    return bpb_about_file(status, path);
}

bpb_status bpb_csv_names(char ***names, size_t *n, const char *path)
{
    REQUIRE_POINTER(names);
    REQUIRE_POINTER(n);
    REQUIRE_POINTER(path);
    struct decimal decimal;
    TRY(decimal_enter(&decimal));
    const bpb_status status = read_names(names, n, path);
    decimal_leave(&decimal);
    return status;
}
