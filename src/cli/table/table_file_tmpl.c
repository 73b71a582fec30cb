/* SPDX-License-Identifier: BSD-3-Clause */
#include "table_file_tmpl.h"

#include <stdint.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

/* ---- Files ---- */

static int refuse_table(bpb_status status, const char *path, bpb_where where)
{
    if (status == BPB_NONFINITE) {
        complain("%s: field %zu of sample %zu (both counted from 0) is not finite: correct the "
                 "file, or remove the sample",
                 path, where.row, where.col);
        return CODE_NONFINITE;
    }
    return complain_status(status, "read", path);
}

static bpb_status read_file(out_t *V, const char *path, bpb_where *where)
{
    return (path_is_npy(path) ? BPB(npy_read) : BPB(csv_read))(V, path, where);
}

int BPB(cli_read_values)(out_t *V, const char *path)
{
    bpb_where where = {0, 0};
    const bpb_status status = read_file(V, path, &where);
    return status == BPB_OK ? CODE_FINE : refuse_table(status, path, where);
}

static int refuse_class(const char *path, bpb_where where, const struct classes *known)
{
    char *list = classes_list(known);
    complain("%s: the class of sample %zu (counted from 0) is not among the trained ones: %s", path,
             where.col, list ? list : "");
    free(list);
    return CODE_FAILED;
}

/* If the library has no reader of texts, a text is an error: a field that is not a number. */
static int read_texts(struct table *table, const struct class_column *column,
                      const struct classes *known)
{
    const bpb_csv_labels labels = {.column = column->name,
                                   .names = known ? known->names : NULL,
                                   .n_names = known ? known->n : 0};
    bpb_where where = {0, 0};
    const bpb_status status = BPB(csv_read_labels)(&table->values, table->path, &labels,
                                                   &table->classes.names, &table->classes.n,
                                                   &where);
    if (status == BPB_ERR_OPTION) {
        complain("--label: %s has no field %zu", table->path, column->field + 1);
        return CODE_USAGE;
    }
    if (status == BPB_ERR_LABEL)
        return refuse_class(table->path, where, known);
    if (status == BPB_ERR_UNSUPPORTED)
        return BPB(cli_read_values)(&table->values, table->path);
    return status == BPB_OK ? CODE_FINE : refuse_table(status, table->path, where);
}

static int open_texts(struct table *table, const char *label, const struct classes *known)
{
    struct class_column column;
    ATTEMPT(classes_find_column(&column, table->path, label));
    ATTEMPT(read_texts(table, &column, known));
    if (column.has_header)
        return columns_open(&table->columns, table->path, table->values.rows);
    table->columns = (struct columns){.path = table->path, .fields = table->values.rows};
    return CODE_FINE;
}

static int open_numbers(struct table *table)
{
    if (!path_is_npy(table->path))
        return columns_open(&table->columns, table->path, table->values.rows);
    table->columns = (struct columns){.path = table->path, .fields = table->values.rows};
    return CODE_FINE;
}

int BPB(cli_open_table)(struct table *table, const char *path, const char *label,
                        const struct classes *known)
{
    const bool may_have_texts = label && !path_is_npy(path);
    bpb_where where = {0, 0};
    table->path = path;
    if (may_have_texts && known && known->names)
        return open_texts(table, label, known);
    const bpb_status status = read_file(&table->values, path, &where);
    if (status == BPB_ERR_FORMAT && may_have_texts && !known)
        return open_texts(table, label, NULL);
    return status == BPB_OK ? open_numbers(table) : refuse_table(status, path, where);
}

void BPB(cli_close_table)(struct table *table)
{
    bpb_free(table->values.data);
    bpb_free(table->classes.names);
    columns_close(&table->columns);
    free(table->inputs.index);
    free(table->targets.index);
}

/* ---- Copies of the chosen fields ---- */

/* The memory is from malloc, as that of the readers of the library: bpb_free frees both. */
static int copy_fields(out_t *V, const struct table *table,
                       const struct selection *fields)
{
    const size_t n = table->values.cols, rows = fields->count;
    real *data = rows <= SIZE_MAX / sizeof *data / n ? malloc(rows * n * sizeof *data) : NULL;
    if (!data)
        return complain_status(BPB_ERR_MEMORY, "hold the data of", table->path);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < rows; i++)
            data[j * rows + i] = table->values.data[j * table->values.rows + fields->index[i]];
    }
    *V = (out_t){.data = data, .rows = rows, .cols = n, .ld = rows, .row_stride = 1};
    return CODE_FINE;
}

static int keep_list(char **list, const struct table *table, const struct selection *fields)
{
    if (path_is_npy(table->path))
        return CODE_FINE;
    *list = columns_list(&table->columns, fields);
    return *list ? CODE_FINE : complain_status(BPB_ERR_MEMORY, "name the fields of", table->path);
}

int BPB(cli_fill_samples)(struct samples *samples, struct table *table)
{
    samples->classes = table->classes;
    table->classes = (struct classes){0};
    samples->is_table = true;
    samples->folder = table->path;
    ATTEMPT(copy_fields(&samples->X, table, &table->inputs));
    ATTEMPT(keep_list(&samples->input_list, table, &table->inputs));
    if (table->targets.count == 0)
        return CODE_FINE;
    out_t *targets = table->has_label ? &samples->labels : &samples->T;
    ATTEMPT(copy_fields(targets, table, &table->targets));
    return keep_list(&samples->target_list, table, &table->targets);
}
