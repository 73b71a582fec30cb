/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/fpenv.h"
#include "data/array_tmpl.h"
#include "base/class_index.h"
#include "data/mapped.h"

#define CHUNK 512 /* labels looked at at a time */

/* Columns first .. first + count - 1: what the read of a source is given. Never changed. */
struct range {
    const mapped_t *mapped;
    size_t first, count;
    struct range *next;
};

struct BPB(mapped) {
    struct mapped_file X, T;
    size_t classes;       /* 0: T as it is */
    struct range *ranges; /* all that have been asked for */
};

/* ---- Open and close ---- */

/* A double beyond the largest real is no label either. */
static bpb_status check_chunk(const struct array *labels, size_t first, size_t count,
                              size_t classes)
{
    real chunk[CHUNK];
    REQUIRE(BPB(array_columns)(labels, first, NULL, count, chunk) == BPB_OK, BPB_ERR_LABEL);
    for (size_t j = 0; j < count; j++)
        REQUIRE(class_of(chunk[j], classes) != NO_CLASS, BPB_ERR_LABEL);
    return BPB_OK;
}

static bpb_status check_labels(const struct array *labels, size_t classes)
{
    struct fpenv env;
    bpb_status status = BPB_OK;
    fpenv_enter(&env);
    for (size_t first = 0; first < labels->cols && !status; first += CHUNK)
        status = check_chunk(labels, first, BPB_MIN((size_t)CHUNK, labels->cols - first), classes);
    fpenv_leave(&env);
    return status;
}

/* made is the caller's to close, also on an error. */
static bpb_status open_files(mapped_t *made, const char *X_path, const char *T_path)
{
    const struct array *X = &made->X.array, *T = &made->T.array;
    TRY(bpb_mapped_file_open(&made->X, X_path));
    TRY(bpb_mapped_file_open(&made->T, T_path));
    REQUIRE(X->cols == T->cols && (made->classes == 0 || T->rows == 1), BPB_ERR_SHAPE);
    if (made->classes > 0)
        TRY(check_labels(T, made->classes));
    bpb_mapped_file_shuffled(&made->X);
    bpb_mapped_file_shuffled(&made->T);
    return BPB_OK;
}

/* bpb_mapped_open, bpbf_mapped_open */
bpb_status BPB(mapped_open)(mapped_t **mapped, const char *X_path, const char *T_path,
                            size_t classes)
{
    REQUIRE(mapped && X_path && T_path, BPB_ERR_NULL);
    REQUIRE(classes <= BPB_INT_MAX, BPB_ERR_SIZE);
    mapped_t *made = calloc(1, sizeof *made);
    REQUIRE(made, BPB_ERR_MEMORY);
    made->classes = classes;
    const bpb_status status = open_files(made, X_path, T_path);
    if (status)
        BPB(mapped_close)(&made);
    else
        *mapped = made;
    return status;
}

/* bpb_mapped_close, bpbf_mapped_close */
void BPB(mapped_close)(mapped_t **mapped)
{
    if (!mapped || !*mapped)
        return;
    struct range *range = (*mapped)->ranges;
    while (range) {
        struct range *next = range->next;
        free(range);
        range = next;
    }
    bpb_mapped_file_close(&(*mapped)->X);
    bpb_mapped_file_close(&(*mapped)->T);
    free(*mapped);
    *mapped = NULL;
}

/* ---- Sizes ---- */

/* bpb_mapped_columns, bpbf_mapped_columns */
size_t BPB(mapped_columns)(const mapped_t *mapped)
{
    return mapped ? mapped->X.array.cols : 0;
}

/* bpb_mapped_inputs, bpbf_mapped_inputs */
size_t BPB(mapped_inputs)(const mapped_t *mapped)
{
    return mapped ? mapped->X.array.rows : 0;
}

/* bpb_mapped_targets, bpbf_mapped_targets */
size_t BPB(mapped_targets)(const mapped_t *mapped)
{
    if (!mapped)
        return 0;
    return mapped->classes > 0 ? mapped->classes : mapped->T.array.rows;
}

/* ---- Read ---- */

/* The labels were right when the files were opened, but a file can be written to. */
static bpb_status read_one_hot(const struct range *range, const size_t *index, size_t B, real *T)
{
    const size_t classes = range->mapped->classes;
    for (size_t j = 0; j < B; j++, T += classes) {
        real value;
        TRY(BPB(array_columns)(&range->mapped->T.array, range->first, &index[j], 1, &value));
        const uint64_t label = class_of(value, classes);
        REQUIRE(label != NO_CLASS, BPB_ERR_LABEL);
        for (size_t i = 0; i < classes; i++)
            T[i] = i == label ? 1 : 0;
    }
    return BPB_OK;
}

static bpb_status read_both(const struct range *range, const size_t *index, size_t B, real *X,
                            real *T)
{
    const mapped_t *mapped = range->mapped;
    for (size_t j = 0; j < B; j++)
        REQUIRE(index[j] < range->count, BPB_ERR_SIZE);
    if (X)
        TRY(BPB(array_columns)(&mapped->X.array, range->first, index, B, X));
    if (T && mapped->classes > 0)
        return read_one_hot(range, index, B, T);
    return T ? BPB(array_columns)(&mapped->T.array, range->first, index, B, T) : BPB_OK;
}

static int read_range(void *user, const size_t *index, size_t B, real *X, real *T)
{
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = read_both(user, index, B, X, T);
    fpenv_leave(&env);
    return status;
}

/* ---- Sources ---- */

/* The range of that kind that there is, or a new one; NULL: no memory. */
static struct range *find_range(mapped_t *mapped, size_t first, size_t count)
{
    for (struct range *range = mapped->ranges; range; range = range->next)
        if (range->first == first && range->count == count)
            return range;
    struct range *made = malloc(sizeof *made);
    if (!made)
        return NULL;
    *made = (struct range){mapped, first, count, mapped->ranges};
    mapped->ranges = made;
    return made;
}

/* bpb_mapped_source, bpbf_mapped_source */
source_t BPB(mapped_source)(mapped_t *mapped, size_t first, size_t count)
{
    const source_t none = {0};
    const size_t cols = BPB(mapped_columns)(mapped);
    if (count == 0 || first >= cols || count > cols - first)
        return none;
    struct range *range = find_range(mapped, first, count);
    return range ? (source_t){.n = count,
                              .targets = BPB(mapped_targets)(mapped),
                              .read = read_range,
                              .user = range}
                 : none;
}
