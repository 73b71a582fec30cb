/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>

#include "base/tmpl.h"
#include "data/csv.h"
#include "base/decimal.h"
#include "base/files.h"

/* What has been read: rows x cols values, and in the midst of a row some more. */
struct table {
    real *data;
    size_t count, capacity;
    size_t rows, cols;    /* of X; a row of the file is a column; rows 0: not known yet */
    size_t label;         /* the row of class names, or CSV_NO_COLUMN */
    struct texts classes; /* of all columns so far */
    size_t *lines;        /* where those stand, from 1 */
    size_t lines_capacity;
    size_t first_line; /* of the row that says how many fields there are */
};

/* The names of the classes, where they are asked for. */
struct names {
    char **block;
    size_t n;
};

/* ---- Rows ---- */

/* Rounded once, to the precision asked for. What is too small becomes a subnormal or 0. */
static bpb_status number_of(const struct csv *csv, struct csv_place at, const char *text,
                            real *value)
{
    const enum csv_kind kind = bpb_csv_kind(text);
    if (kind == CSV_EMPTY)
        REFUSE_FIELD(csv, at, BPB_ERR_FORMAT, "is %s", "empty");
    if (kind == CSV_TEXT)
        REFUSE_FIELD(csv, at, BPB_ERR_FORMAT, "is \"%s\", which is not a number", CLIP(text));
    *value = BPB_SELECT(strtod, strtof)(text, NULL);
    if (kind == CSV_DECIMAL && isinf(*value))
        REFUSE_FIELD(csv, at, BPB_ERR_RANGE, "is %s, which is too large for %s", CLIP(text),
                     BPB_SELECT("double", "float"));
    return BPB_OK;
}

/* A class name, and where it stands. */
static bpb_status append_class(const struct csv *csv, struct table *table, struct csv_place at,
                               const char *text)
{
    void *lines = table->lines;
    if (*text == '\0')
        REFUSE_FIELD(csv, at, BPB_ERR_FORMAT, "is %s", "empty");
    TRY(bpb_grow(&lines, &table->lines_capacity, table->classes.n + 1, sizeof *table->lines));
    table->lines = lines;
    table->lines[table->classes.n] = at.line;
    return bpb_texts_add(&table->classes, text);
}

/* A class name is kept, and its class is not known before all of them are. */
static bpb_status append_field(const struct csv *csv, struct table *table, struct csv_place at,
                               const char *text)
{
    real value = 0;
    void *data = table->data;
    if (at.field - 1 == table->label)
        TRY(append_class(csv, table, at, text));
    else
        TRY(number_of(csv, at, text, &value));
    TRY(bpb_grow(&data, &table->capacity, table->count + 1, sizeof(real)));
    table->data = data;
    table->data[table->count++] = value;
    return BPB_OK;
}

static bpb_status refuse_mixed(const struct csv *csv, struct csv_place at, int end)
{
    REFUSE_FIELD(csv, at, BPB_ERR_FORMAT, "ends with %s; the fields before it end with %s",
                 bpb_csv_separator_name(end), bpb_csv_separator_name(csv->separator));
}

static bpb_status refuse_count(const struct table *table, size_t line, size_t fields)
{
    REFUSE(BPB_ERR_FORMAT, "line %zu has %zu fields; line %zu has %zu", line, fields,
           table->first_line, table->rows);
}

/* Of a row that has more fields than it should: read on to tell how many. */
static bpb_status refuse_more(struct csv *csv, const struct table *table, size_t line)
{
    size_t fields = csv->at.field;
    while (!csv->ends_row && bpb_csv_field(csv) == BPB_OK)
        fields++;
    return refuse_count(table, line, fields);
}

/* Read the fields of a row, *fields of them. */
static bpb_status read_fields(struct csv *csv, struct table *table, size_t line, size_t *fields)
{
    for (*fields = 0;; ++*fields) {
        TRY(bpb_csv_field(csv));
        if (*fields == 0 && bpb_csv_is_blank_row(csv))
            return BPB_OK;
        if (csv->is_mixed)
            return refuse_mixed(csv, csv->at, csv->end);
        if (table->rows > 0 && *fields == table->rows)
            return refuse_more(csv, table, line);
        TRY(append_field(csv, table, csv->at, csv->field));
        if (csv->ends_row)
            break;
    }
    ++*fields;
    return BPB_OK;
}

/* *where is the entry that is being read, or that is missing. */
static bpb_status read_row(struct csv *csv, struct table *table, bpb_where *where)
{
    const size_t line = csv->line;
    where->col = table->cols;
    TRY(read_fields(csv, table, line, &where->row));
    if (where->row == 0)
        return BPB_OK;
    if (table->rows == 0)
        table->first_line = line;
    else if (where->row != table->rows)
        return refuse_count(table, line, where->row);
    table->rows = where->row;
    table->cols++;
    return BPB_OK;
}

/* ---- The first row ---- */

static bpb_status take_numbers(const struct csv *csv, struct table *table,
                               const struct csv_row *first, bpb_where *where)
{
    const char *text = first->fields.bytes;
    for (where->row = 0; where->row < first->fields.n; where->row++) {
        const struct csv_place at = {first->line, where->row + 1};
        if (where->row == first->mixed)
            return refuse_mixed(csv, at, first->mixed_end);
        TRY(append_field(csv, table, at, text));
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
    table->first_line = first->line;
    if (!first->is_header)
        return take_numbers(csv, table, first, where);
    where->row = first->mixed;
    if (labels && first->mixed != CSV_NO_COLUMN)
        return refuse_mixed(csv, (struct csv_place){first->line, first->mixed + 1},
                            first->mixed_end);
    csv->separator = 0;
    csv->header = first->fields;
    first->fields = (struct texts){0};
    table->rows = labels ? csv->header.n : 0;
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
    REQUIRE(shrunk, BPB_ERR_MEMORY, "no memory for %zu values", table->count);
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
    REQUIRE(table->cols > 0, BPB_ERR_SIZE, "the file has no numbers%s",
            csv->header.n > 0 ? " behind its header" : "");
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
            REFUSE(BPB_ERR_RANGE, "there are more classes than %s counts (class %zu)",
                   BPB_SELECT("double", "float"), classes[j]);
        }
        table->data[j * table->rows + table->label] = class;
    }
    return BPB_OK;
}

/* Text `bad` of the classes is none that was given. */
static bpb_status refuse_class(const struct csv *csv, const struct table *table, size_t bad)
{
    const struct csv_place at = {table->lines[bad], table->label + 1};
    const char *text = table->classes.bytes;
    for (size_t j = 0; j < bad; j++)
        text = bpb_texts_next(text);
    REFUSE_FIELD(csv, at, BPB_ERR_LABEL, "is \"%s\", which is not among labels->names", CLIP(text));
}

static bpb_status find_classes(const struct csv *csv, struct table *table,
                               const bpb_csv_labels *labels, struct names *names, bpb_where *where)
{
    struct texts list = {0};
    size_t *classes = NULL, bad;
    bpb_status status = bpb_csv_classify(&table->classes, labels, &classes, &list, &bad);
    if (!status && bad != CSV_NO_COLUMN) {
        status = refuse_class(csv, table, bad);
        if (where)
            *where = (bpb_where){table->label, bad};
    }
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
    if (!status && labels)
        status = find_classes(&csv, &table, labels, names, where);
    bpb_csv_close(&csv);
    bpb_texts_free(&table.classes);
    free(table.lines);
    if (status) {
        free(table.data);
        return bpb_about_file(status, path);
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
    REQUIRE_POINTER(X);
    REQUIRE_POINTER(path);
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
    REQUIRE_POINTER(X);
    REQUIRE_POINTER(path);
    REQUIRE(!names == !n_names, BPB_ERR_NULL, "%s is NULL, and %s is not",
            names ? "n_names" : "names", names ? "names" : "n_names");
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
