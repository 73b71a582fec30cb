/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/fpenv.h"
#include "base/class_index.h"
#include "base/view_tmpl.h"

/* Entry j of labels (1 x n). */
static real label_value(view_t labels, size_t j)
{
    real value;
    BPB(view_gather)(labels, j, 1, &value);
    return value;
}

/* The same as a class index, or NO_CLASS. */
static uint64_t label_at(view_t labels, size_t j, size_t classes)
{
    return class_of((double)label_value(labels, j), classes);
}

static bpb_status check_labels(view_t labels, size_t classes, bpb_where *where)
{
    for (size_t j = 0; j < labels.cols; j++) {
        if (label_at(labels, j, classes) != NO_CLASS)
            continue;
        if (where)
            *where = (bpb_where){.row = 0, .col = j};
        REFUSE(BPB_ERR_LABEL,
               "label %zu is %g; it must be a whole number of 0 to %zu, as T has %zu rows", j,
               (double)label_value(labels, j), classes - 1, classes);
    }
    return BPB_OK;
}

/* T(i, j). T is resolved. */
static real *entry(out_t T, size_t i, size_t j)
{
    const size_t row = T.row_index ? T.row_index[i] : i, col = T.index ? T.index[j] : j;
    return &T.data[row * T.row_stride + col * T.ld];
}

/* T(i, j) = 1 where i is label j, else 0. */
static void write_columns(view_t labels, out_t T)
{
    for (size_t j = 0; j < T.cols; j++) {
        const uint64_t label = label_at(labels, j, T.rows);
        for (size_t i = 0; i < T.rows; i++)
            *entry(T, i, j) = i == label ? 1 : 0;
    }
}

/* bpb_one_hot, bpbf_one_hot */
bpb_status BPB(one_hot)(view_t labels, out_t T, bpb_where *where)
{
    TRY(BPB(view_check)("labels", labels, 1));
    TRY(BPB(view_check)("T", BPB(view_of)(T), T.rows ? T.rows : 1));
    REQUIRE(T.cols == labels.cols, BPB_ERR_SHAPE, "T has %zu columns, labels has %zu", T.cols,
            labels.cols);
    const view_t from = BPB(view_resolve)(labels), to = BPB(view_resolve)(BPB(view_of)(T));
    T.ld = to.ld;
    T.row_stride = to.row_stride;
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = check_labels(from, T.rows, where);
    if (!status)
        write_columns(from, T);
    fpenv_leave(&env);
    return status;
}
