/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/files.h"
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

/* The label of column j. */
static bpb_status take_label(real value, size_t j, size_t classes, uint64_t *label)
{
    *label = class_of(value, classes);
    REQUIRE(*label != NO_CLASS, BPB_ERR_LABEL,
            "the label of sample %zu is %g; it must be a whole number of 0 to %zu", j,
            (double)value, classes - 1);
    return BPB_OK;
}

/* A double beyond the largest real is no label either. */
static bpb_status check_chunk(const struct array *labels, size_t first, size_t count,
                              size_t classes)
{
    real chunk[CHUNK];
    uint64_t label;
    REQUIRE(BPB(array_columns)(labels, first, NULL, count, chunk) == BPB_OK, BPB_ERR_LABEL,
            "a label of the samples %zu to %zu is beyond float", first, first + count - 1);
    for (size_t j = 0; j < count; j++)
        TRY(take_label(chunk[j], first + j, classes, &label));
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
    REQUIRE(X->cols == T->cols, BPB_ERR_SHAPE,
            "the file of X has %zu samples, the file of T has %zu", X->cols, T->cols);
    REQUIRE(made->classes == 0 || T->rows == 1, BPB_ERR_SHAPE,
            "classes is %zu, and the file of T has %zu values a sample; it must have 1",
            made->classes, T->rows);
    if (made->classes > 0)
        TRY(bpb_about_file(check_labels(T, made->classes), T_path));
    bpb_mapped_file_shuffled(&made->X);
    bpb_mapped_file_shuffled(&made->T);
    return BPB_OK;
}

/* bpb_mapped_open, bpbf_mapped_open */
bpb_status BPB(mapped_open)(mapped_t **mapped, const char *X_path, const char *T_path,
                            size_t classes)
{
    REQUIRE_POINTER(mapped);
    REQUIRE_POINTER(X_path);
    REQUIRE_POINTER(T_path);
    REQUIRE(classes <= BPB_INT_MAX, BPB_ERR_SIZE, "classes is %zu; it must be at most %zu", classes,
            BPB_INT_MAX);
    mapped_t *made = calloc(1, sizeof *made);
    REQUIRE(made, BPB_ERR_MEMORY, "no memory for a bpb_mapped");
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

/* ---- Read ---- */

/* The labels were right when the files were opened, but a file can be written to. */
static bpb_status read_one_hot(const struct range *range, const size_t *index, size_t B, real *T)
{
    const size_t classes = range->mapped->classes;
    for (size_t j = 0; j < B; j++, T += classes) {
        real value;
        uint64_t label;
        TRY(BPB(array_columns)(&range->mapped->T.array, range->first, &index[j], 1, &value));
        TRY(take_label(value, range->first + index[j], classes, &label));
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
        REQUIRE(index[j] < range->count, BPB_ERR_SIZE,
                "index[%zu] is %zu; the source has %zu columns", j, index[j], range->count);
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
bpb_status BPB(mapped_source)(mapped_t *mapped, size_t first, size_t count, source_t *source)
{
    REQUIRE_POINTER(mapped);
    REQUIRE_POINTER(source);
    const size_t cols = mapped->X.array.cols, classes = mapped->classes;
    REQUIRE(first < cols, BPB_ERR_SIZE, "first is %zu; the files have %zu columns", first, cols);
    REQUIRE(count <= cols - first, BPB_ERR_SIZE,
            "first is %zu and count is %zu; the files have %zu columns", first, count, cols);
    struct range *range = find_range(mapped, first, count ? count : cols - first);
    REQUIRE(range, BPB_ERR_MEMORY, "no memory for a source");
    *source = (source_t){.n = range->count,
                         .inputs = mapped->X.array.rows,
                         .targets = classes > 0 ? classes : mapped->T.array.rows,
                         .read = read_range,
                         .user = range};
    return BPB_OK;
}
