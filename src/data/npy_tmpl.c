/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/files.h"
#include "base/fpenv.h"
#include "data/array_tmpl.h"
#include "base/bytes.h"
#include "data/npy.h"
#include "base/view_tmpl.h"

#define PANEL 64 /* columns filled at a time */

/* ---- Read ---- */

/* In panels, so that where columns are not one behind the other, what is written stays in the
 * cache until its lines are full. */
static bpb_status read_panels(const struct array *array, real *X)
{
    for (size_t first = 0; first < array->cols; first += PANEL) {
        const size_t count = BPB_MIN((size_t)PANEL, array->cols - first);
        TRY(BPB(array_columns)(array, first, NULL, count, X + first * array->rows));
    }
    return BPB_OK;
}

/* Read the elements into *X, which is the caller's to free, also on an error. */
static bpb_status read_matrix(const struct array *array, out_t *X, bpb_where *where)
{
    real *data = malloc(array->rows * array->cols * sizeof *data);
    REQUIRE(data, BPB_ERR_MEMORY, "no memory for %zu values", array->rows * array->cols);
    *X = (out_t){
        .data = data, .rows = array->rows, .cols = array->cols, .ld = array->rows, .row_stride = 1};
    TRY(read_panels(array, data));
    return BPB(find_nonfinite)(BPB(view_of)(*X), where);
}

/* bpb_npy_read, bpbf_npy_read */
bpb_status BPB(npy_read)(out_t *X, const char *path, bpb_where *where)
{
    REQUIRE_POINTER(X);
    REQUIRE_POINTER(path);
    struct npy npy;
    struct fpenv env;
    out_t made = {0};
    TRY(bpb_npy_open(&npy, path));
    fpenv_enter(&env);
    const bpb_status status = read_matrix(&npy.array, &made, where);
    fpenv_leave(&env);
    bpb_npy_close(&npy);
    if (status >= 0)
        *X = made;
    else
        free(made.data);
    return bpb_about_file(status, path);
}

/* ---- Write ---- */

/* One sample behind the other. X is resolved. */
static void write_values(view_t X, unsigned char *out)
{
    for (size_t j = 0; j < X.cols; j++) {
        for (size_t i = 0; i < X.rows; i++, out += sizeof(real)) {
            const real value = BPB(view_entry)(X, i, j);
            BPB_SELECT(store_little64(out, bits_of_double(value)),
                       store_little32(out, bits_of_float(value)));
        }
    }
}

/* bpb_npy_write, bpbf_npy_write */
bpb_status BPB(npy_write)(view_t X, const char *path)
{
    REQUIRE_POINTER(path);
    TRY(BPB(view_check)("X", X, X.rows ? X.rows : 1));
    size_t values;
    REQUIRE(size_mul(X.rows, X.cols, &values) &&
                values <= (PTRDIFF_MAX - NPY_HEADER_BYTES) / sizeof(real),
            BPB_ERR_SIZE, "X is %zu x %zu, more than can be addressed", X.rows, X.cols);
    const size_t bytes = NPY_HEADER_BYTES + values * sizeof(real);
    unsigned char *file = malloc(bytes);
    REQUIRE(file, BPB_ERR_MEMORY, "no memory for a file of %zu bytes", bytes);
    bpb_npy_write_header(file, sizeof(real), X.cols, X.rows);
    write_values(BPB(view_resolve)(X), file + NPY_HEADER_BYTES);
    const bpb_status status = bpb_file_replace(path, file, bytes);
    free(file);
    return status;
}
