/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "fpenv.h"
#include "data/bytes.h"
#include "data/npy.h"
#include "data/real_tmpl.h"
#include "net/view_tmpl.h"

#define PANEL 64 /* columns filled at a time where entries are not in the order of X */

/* ---- Read ---- */

static uint64_t load_bits(const unsigned char *p, size_t bytes, bool is_big)
{
    switch (bytes) {
    case 1:
        return *p;
    case 2:
        return is_big ? load_big16(p) : load_little16(p);
    case 4:
        return is_big ? load_big32(p) : load_little32(p);
    default:
        return is_big ? load_big64(p) : load_little64(p);
    }
}

/* A number in two's complement of so many bytes. */
static int64_t signed_of_bits(uint64_t bits, size_t bytes)
{
    const uint64_t sign = (uint64_t)1 << (8 * bytes - 1);
    return (int64_t)((bits ^ sign) - sign);
}

/* *out = element k of the file, rounded once; false for a double beyond the largest real. */
static bool read_element(const struct npy *npy, size_t k, real *out)
{
    const struct npy_array *array = &npy->array;
    const size_t bytes = array->element_bytes;
    const uint64_t bits = load_bits(npy->data + k * bytes, bytes, array->is_big);
    switch (array->kind) {
    case NPY_BOOL:
        *out = bits != 0 ? RC(1.0) : RC(0.0);
        break;
    case NPY_SIGNED:
        *out = (real)signed_of_bits(bits, bytes);
        break;
    case NPY_UNSIGNED:
        *out = (real)bits;
        break;
    case NPY_FLOAT:
        if (bytes == 8)
            return real_from_double(double_of_bits(bits), out);
        *out = (real)float_of_bits((uint32_t)bits);
        break;
    }
    return true;
}

/* The last axis fastest, and so one column of X behind the other, each in its order. */
static bpb_status read_in_order(const struct npy *npy, real *X)
{
    for (size_t k = 0; k < npy->rows * npy->cols; k++)
        REQUIRE(read_element(npy, k, &X[k]), BPB_ERR_RANGE);
    return BPB_OK;
}

/* Entry q of a sample whose second axis runs fastest stands in which row of X, where the last one
 * does? q = i_1 + e_1 (i_2 + e_2 (...)), row = (i_1 e_2 + i_2) e_3 + ... */
static size_t row_of(const struct npy_array *array, size_t q)
{
    size_t row = 0;
    for (size_t k = 1; k < array->axes; k++) {
        row = row * array->extent[k] + q % array->extent[k];
        q /= array->extent[k];
    }
    return row;
}

/* The first axis, that of the columns, fastest. In panels, so that what is written stays in the
 * cache until its lines are full. */
static bpb_status read_fortran(const struct npy *npy, real *X)
{
    const size_t rows = npy->rows, cols = npy->cols;
    for (size_t first = 0; first < cols; first += PANEL) {
        const size_t last = BPB_MIN(first + PANEL, cols);
        for (size_t q = 0; q < rows; q++) {
            const size_t row = row_of(&npy->array, q);
            for (size_t j = first; j < last; j++)
                REQUIRE(read_element(npy, q * cols + j, &X[j * rows + row]), BPB_ERR_RANGE);
        }
    }
    return BPB_OK;
}

/* Read the elements into *X, which is the caller's to free, also on an error. */
static bpb_status read_matrix(const struct npy *npy, BPB(view) * X, bpb_where *where)
{
    real *data = malloc(npy->rows * npy->cols * sizeof *data);
    REQUIRE(data, BPB_ERR_MEMORY);
    *X = (BPB(view)){.data = data, .rows = npy->rows, .cols = npy->cols, .ld = npy->rows,
                     .row_stride = 1};
    TRY((npy->array.is_fortran ? read_fortran : read_in_order)(npy, data));
    return BPB(find_nonfinite)(BPB(read)(*X), where);
}

/* bpb_snpy_read, bpb_dnpy_read */
bpb_status BPB(npy_read)(BPB(view) * X, const char *path, bpb_where *where)
{
    REQUIRE(X && path, BPB_ERR_NULL);
    struct npy npy;
    struct fpenv env;
    BPB(view) made = {0};
    TRY(bpb_npy_open(&npy, path));
    fpenv_enter(&env);
    const bpb_status status = read_matrix(&npy, &made, where);
    fpenv_leave(&env);
    bpb_npy_close(&npy);
    if (status >= 0)
        *X = made;
    else
        free(made.data);
    return status;
}

/* ---- Write ---- */

/* One sample behind the other. X is resolved. */
static void write_values(BPB(cview) X, unsigned char *out)
{
    for (size_t j = 0; j < X.cols; j++) {
        for (size_t i = 0; i < X.rows; i++, out += sizeof(real)) {
            const real value = BPB(view_entry)(X, i, j);
            BPB_SELECT(store_little64(out, bits_of_double(value)),
                       store_little32(out, bits_of_float(value)));
        }
    }
}

/* bpb_snpy_write, bpb_dnpy_write */
bpb_status BPB(npy_write)(BPB(cview) X, const char *path)
{
    REQUIRE(path, BPB_ERR_NULL);
    TRY(BPB(view_check)(X, X.rows ? X.rows : 1));
    size_t values;
    REQUIRE(size_mul(X.rows, X.cols, &values), BPB_ERR_SIZE);
    REQUIRE(values <= (PTRDIFF_MAX - NPY_HEADER_BYTES) / sizeof(real), BPB_ERR_SIZE);
    const size_t bytes = NPY_HEADER_BYTES + values * sizeof(real);
    unsigned char *file = malloc(bytes);
    REQUIRE(file, BPB_ERR_MEMORY);
    bpb_npy_write_header(file, sizeof(real), X.cols, X.rows);
    write_values(BPB(view_resolve)(X), file + NPY_HEADER_BYTES);
    const bpb_status status = bpb_file_replace(path, file, bytes);
    free(file);
    return status;
}
