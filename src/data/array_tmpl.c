/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/array_tmpl.h"

#include "base/bytes.h"
#include "base/convert_tmpl.h"

/* ---- Elements ---- */

static inline uint64_t load_bits(const unsigned char *p, size_t bytes, bool is_big)
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

/* A number in two's complement of this many bytes. */
static inline int64_t signed_of_bits(uint64_t bits, size_t bytes)
{
    const uint64_t sign = (uint64_t)1 << (8 * bytes - 1);
    return (int64_t)((bits ^ sign) - sign);
}

/* *out = the element at p, rounded once; false for a double beyond the largest real. */
static inline bool convert_one(struct element element, const unsigned char *p, real *out)
{
    const uint64_t bits = load_bits(p, element.bytes, element.is_big);
    switch (element.kind) {
    case ELEMENT_BOOL:
        *out = bits != 0 ? RC(1.0) : RC(0.0);
        break;
    case ELEMENT_SIGNED:
        *out = (real)signed_of_bits(bits, element.bytes);
        break;
    case ELEMENT_UNSIGNED:
        *out = (real)bits;
        break;
    case ELEMENT_FLOAT:
        if (element.bytes == 8)
            return real_from_double(double_of_bits(bits), out);
        *out = (real)float_of_bits((uint32_t)bits);
        break;
    }
    return true;
}

/* Of a double beyond float. */
static bpb_status refuse_value(struct element element, const unsigned char *p)
{
    REFUSE(BPB_ERR_RANGE, "the value %g is beyond float",
           double_of_bits(load_bits(p, element.bytes, element.is_big)));
}

static inline bpb_status convert_run(struct element element, const unsigned char *raw,
                                     size_t count, real *out)
{
    for (size_t k = 0; k < count; k++)
        if (!convert_one(element, raw + k * element.bytes, &out[k]))
            return refuse_value(element, raw + k * element.bytes);
    return BPB_OK;
}

/* The types that there is most of have loops of their own, in which nothing is left to choose. */
bpb_status BPB(convert)(struct element element, const unsigned char *raw, size_t count, real *out)
{
    static const struct element byte = {ELEMENT_UNSIGNED, 1, false};
    static const struct element f4 = {ELEMENT_FLOAT, 4, false}, f8 = {ELEMENT_FLOAT, 8, false};
    if (element.kind == ELEMENT_UNSIGNED && element.bytes == 1)
        return convert_run(byte, raw, count, out);
    if (element.kind == ELEMENT_FLOAT && !element.is_big)
        return element.bytes == 4 ? convert_run(f4, raw, count, out)
                                  : convert_run(f8, raw, count, out);
    return convert_run(element, raw, count, out);
}

/* ---- Columns ---- */

/* The last axis fastest, and so one column behind the other, each in its order. */
static bpb_status columns_in_order(const struct array *array, size_t first, const size_t *index,
                                   size_t B, real *X)
{
    const size_t rows = array->rows, column = rows * array->element.bytes;
    if (!index)
        return BPB(convert)(array->element, array->data + first * column, rows * B, X);
    for (size_t j = 0; j < B; j++)
        TRY(BPB(convert)(array->element, array->data + (first + index[j]) * column, rows,
                         X + j * rows));
    return BPB_OK;
}

/* Entry q of a sample whose second axis runs fastest stands in which row of X, where the last one
 * does? q = i_1 + e_1 (i_2 + e_2 (...)), row = (i_1 e_2 + i_2) e_3 + ... */
static size_t row_of(const struct array *array, size_t q)
{
    size_t row = 0;
    for (size_t k = 1; k < array->axes; k++) {
        row = row * array->extent[k] + q % array->extent[k];
        q /= array->extent[k];
    }
    return row;
}

/* The first axis, that of the columns, fastest: entry q of all columns, then the next. */
static bpb_status columns_fortran(const struct array *array, size_t first, const size_t *index,
                                  size_t B, real *X)
{
    const size_t rows = array->rows, bytes = array->element.bytes;
    for (size_t q = 0; q < rows; q++) {
        const unsigned char *entries = array->data + (q * array->cols + first) * bytes;
        real *out = X + row_of(array, q);
        for (size_t j = 0; j < B; j++) {
            const unsigned char *entry = entries + (index ? index[j] : j) * bytes;
            if (!convert_one(array->element, entry, &out[j * rows]))
                return refuse_value(array->element, entry);
        }
    }
    return BPB_OK;
}

bpb_status BPB(array_columns)(const struct array *array, size_t first, const size_t *index,
                              size_t B, real *X)
{
    return (array->is_fortran ? columns_fortran : columns_in_order)(array, first, index, B, X);
}
