/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of data: IDX, CSV, NumPy, read or mapped. */
#ifndef BPBLAS_DATA_H
#define BPBLAS_DATA_H

#include "bpblas/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns first .. first + count - 1 of V, for example to split data. V must have them. */
static inline bpb_view bpb_columns(bpb_view V, size_t first, size_t count)
{
    const size_t stride = V.row_stride ? V.row_stride : 1, ld = V.ld ? V.ld : V.rows * stride;
    if (V.index)
        V.index += first;
    else if (V.row_index && !V.ld)
        V.data = NULL; /* where a column begins is unknown: every call refuses the view */
    else
        V.data += first * ld;
    V.ld = V.row_index ? V.ld : ld;
    V.cols = count;
    return V;
}
static inline bpbf_view bpbf_columns(bpbf_view V, size_t first, size_t count)
{
    const size_t stride = V.row_stride ? V.row_stride : 1, ld = V.ld ? V.ld : V.rows * stride;
    if (V.index)
        V.index += first;
    else if (V.row_index && !V.ld)
        V.data = NULL, V.doubles = NULL;
    else if (V.data)
        V.data += first * ld;
    else if (V.doubles)
        V.doubles += first * ld;
    V.ld = V.row_index ? V.ld : ld;
    V.cols = count;
    return V;
}

/* The same of targets, with their weights. */
static inline bpb_targets bpb_target_columns(bpb_targets T, size_t first, size_t count)
{
    if (T.weights && !T.view.index)
        T.weights += first;
    T.view = bpb_columns(T.view, first, count);
    return T;
}
static inline bpbf_targets bpbf_target_columns(bpbf_targets T, size_t first, size_t count)
{
    if (T.weights && !T.view.index)
        T.weights += first;
    T.view = bpbf_columns(T.view, first, count);
    return T;
}

/* ---- Data -------------------------------------------------------------------------------- */

/*
 * Read an IDX file (LeCun's MNIST format), plain or gzip, any element type and number of
 * dimensions: the first dimension counts the columns, the product of the others is the rows.
 * Values are taken as they are. X->data is allocated; free it with bpb_free.
 * BPB_NONFINITE: read, and *where (NULL: not wanted) tells the first such value.
 * BPB_ERR_IO, BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_MEMORY. BPB_ERR_SIZE: a dimension is 0
 * or their product too large. BPB_ERR_RANGE: a double in the file exceeds float.
 * BPB_ERR_UNSUPPORTED: gzip in a build without zlib.
 */
BPB_API bpb_status bpb_idx_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_idx_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * T = one column for each entry of labels (1 x n): 1 in the row of the label, 0 elsewhere.
 * T is classes x n. BPB_ERR_LABEL: an entry is not a whole number of 0 .. classes-1; *where
 * (NULL: not wanted) tells which.
 */
BPB_API bpb_status bpb_one_hot(bpb_view labels, bpb_out T, bpb_where *where);
BPB_API bpb_status bpbf_one_hot(bpbf_view labels, bpbf_out T, bpb_where *where);

/*
 * Read a file of numbers: a row of the file is a column of X, its fields, separated by commas,
 * semicolons or tabs (one of them throughout), are the rows of X; blanks around a field are
 * ignored, as are empty lines and a byte order mark of UTF-8. A field may stand in double quotes,
 * within which separators, blanks and line breaks are characters as others are, and two quotes
 * stand for one. Numbers are decimal, of at most 1023 characters, with the point '.'
 * whatever the locale, and are rounded once; nan and inf are numbers. A first row with a field of
 * text that is no number is a header, and left out. X->data is allocated; free it with bpb_free.
 * BPB_NONFINITE: read, and *where (NULL: not wanted) tells the first such value.
 * BPB_ERR_FORMAT: a field is empty, no number, or has no closing quote, or a row has not as many as
 * the first; *where tells which, in terms of X. BPB_ERR_RANGE: a number exceeds the precision;
 * *where too. BPB_ERR_SIZE: no numbers at all. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_csv_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_csv_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * The fields of the header that bpb_csv_read leaves out, n of them, without quotes; without a
 * header *names is NULL and *n 0. They need not be as many as X has rows: compare n with X.rows.
 * Pointers and texts are one block; free it with bpb_free(*names).
 * BPB_ERR_FORMAT: the first row has a quote that is not closed, a NUL byte, or, being a header,
 * two kinds of separators. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_csv_names(char ***names, size_t *n, const char *path);

/* Which column of a file holds class names, and which class each of them is. */
typedef struct bpb_csv_labels {
    const char *column; /* its name in the header; where there is no such name, its number, counted
                           from 0; NULL: the last one */
    char *const *names; /* names[k] is class k, n_names of them, from an earlier file, say; NULL:
                           those of this file, sorted by their bytes (strcmp) */
    size_t n_names;
} bpb_csv_labels;

/*
 * As bpb_csv_read, but for one column of the file, in which every text that is not empty is the
 * name of a class, numbers too: its row of X, at its place, holds the class indices 0, 1, ....
 * labels: NULL for all defaults. A first row is a header where it has a name that is
 * labels->column, or where a field of another column is text: so a file need not have one. Where it
 * has, it must have as many fields as the other rows.
 * *names (names and n_names both NULL: not wanted) is the list in use, as of bpb_csv_names: keep it
 * with the model, and give it for other files, which may not have all classes in them.
 * Beyond bpb_csv_read: BPB_ERR_LABEL: a text is not among labels->names; *where tells the first.
 * BPB_ERR_OPTION: there is no such column. BPB_ERR_SIZE: n_names is 0 and names is not NULL.
 * BPB_ERR_FORMAT: an empty text. BPB_ERR_RANGE: also more classes than the precision can count.
 * BPB_ERR_NULL: also one of names and n_names without the other, or an entry of labels->names.
 */
BPB_API bpb_status bpb_csv_read_labels(bpb_out *X, const char *path,
                                        const bpb_csv_labels *labels, char ***names,
                                        size_t *n_names, bpb_where *where);
BPB_API bpb_status bpbf_csv_read_labels(bpbf_out *X, const char *path,
                                        const bpb_csv_labels *labels, char ***names,
                                        size_t *n_names, bpb_where *where);

/*
 * Read a NumPy file (.npy, format versions 1.0 to 3.0) of numbers: bool, signed or unsigned
 * integers of 1, 2, 4 or 8 bytes, floats of 4 or 8, in either byte order and either order of the
 * axes. As in bpb_idx_read the first axis counts the samples: of an array a of shape (n, ...),
 * column j of X is a[j], its last axis fastest, and so X has n columns, and as many rows as the
 * product of the other extents; 1 where there are none. Values are taken as they are, rounded
 * once. The file is trusted in nothing. X->data is allocated; free it with bpb_free.
 * BPB_NONFINITE: read, and *where (NULL: not wanted) tells the first such value.
 * BPB_ERR_IO, BPB_ERR_TRUNCATED, BPB_ERR_MEMORY. BPB_ERR_FORMAT: bytes behind the elements, too.
 * BPB_ERR_SIZE: an extent is 0 or their product too large. BPB_ERR_RANGE: a double in the file
 * exceeds float. BPB_ERR_VERSION: another format version. BPB_ERR_UNSUPPORTED: elements of any
 * other type (objects, that is pickles, records, complex numbers, ...), no axis, or more than 64.
 */
BPB_API bpb_status bpb_npy_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_npy_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * Write X as a NumPy file of version 1.0: shape (cols, rows), type '<f8' (s form: '<f4'), C order.
 * So numpy.load gives an array of one sample a row, and bpb_npy_read gives X back, each value to
 * the bit. The file comes about as in bpb_net_save. Allocates.
 * BPB_ERR_SHAPE: no rows. BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_npy_write(bpb_view X, const char *path);
BPB_API bpb_status bpbf_npy_write(bpbf_view X, const char *path);

/*
 * Inputs X and targets T in two files that are mapped into memory and not read: the system fetches
 * what is asked for, and drops it again where memory is needed, so that the files may be larger
 * than memory. Each is an IDX file or a NumPy file, told by its content, of any type, byte order
 * and order of axes that bpb_idx_read and bpb_npy_read take, and every value has the bits that
 * they give. Samples one behind the other (IDX, and C order) are read fastest: in Fortran order
 * each value of a column lies on another page of the file.
 *
 * The files are opened for reading alone, and must stay as they are. If one is made shorter while
 * it is mapped, reading beyond its end kills the program (SIGBUS), as with every mapped file;
 * replacing it by a new file of its name (as bpb_npy_write does) is harmless.
 */
typedef struct bpb_mapped bpb_mapped;
typedef struct bpbf_mapped bpbf_mapped;

/*
 * classes = 0: T as it stands in its file. classes = K: the file of T has one row of class indices
 * (as of a vector of labels), and T is one-hot, K rows, as of bpb_one_hot. T as class indices, for
 * which nothing need be written out, is classes = 0; then they are not looked at.
 * Headers are trusted in nothing, and sizes are compared with those of the files. Of the values
 * only labels are looked at; whether the others are finite is not. Allocates.
 * BPB_ERR_LABEL: a label is not a whole number of 0 .. classes-1. BPB_ERR_SHAPE: X and T have not
 * the same columns, or there are classes, and T has not one row. BPB_ERR_TRUNCATED, BPB_ERR_FORMAT
 * (bytes behind the elements, too), BPB_ERR_VERSION: as those functions. BPB_ERR_UNSUPPORTED: as
 * bpb_npy_read, or a file in gzip: unpack it (gzip -dk FILE). BPB_ERR_SIZE: an extent is 0, or a
 * product of them, or classes, too large. BPB_ERR_IO: also no regular file. BPB_ERR_MEMORY: also
 * no room in the address space. BPB_ERR_NULL.
 */
BPB_API bpb_status bpb_mapped_open(bpb_mapped **mapped, const char *X_path, const char *T_path,
                                    size_t classes);
BPB_API bpb_status bpbf_mapped_open(bpbf_mapped **mapped, const char *X_path, const char *T_path,
                                    size_t classes);

/* *mapped = NULL; its sources must not be used any more. Accepts NULL, and NULL in *mapped. */
BPB_API void bpb_mapped_close(bpb_mapped **mapped);
BPB_API void bpbf_mapped_close(bpbf_mapped **mapped);

/* Columns of both, rows of X, and rows of T (K, where it is one-hot); 0 of NULL. */
BPB_API size_t bpb_mapped_columns(const bpb_mapped *mapped);
BPB_API size_t bpbf_mapped_columns(const bpbf_mapped *mapped);
BPB_API size_t bpb_mapped_inputs(const bpb_mapped *mapped);
BPB_API size_t bpbf_mapped_inputs(const bpbf_mapped *mapped);
BPB_API size_t bpb_mapped_targets(const bpb_mapped *mapped);
BPB_API size_t bpbf_mapped_targets(const bpbf_mapped *mapped);

/*
 * Columns first .. first + count - 1 as a source, in which they are 0 .. count-1: so that some are
 * kept for validation. It is good until mapped is closed. n = 0 and read = NULL: mapped is NULL, it
 * has not all of these columns, count is 0, or there is no memory: look at n.
 * Allocates a few bytes, once for each first and count (freed by bpb_mapped_close); calls for one
 * mapped must not run at the same time.
 *
 * Its read may run in any number of threads, and allocates nothing. X or T NULL: not wanted. It
 * returns 0, or, X and T then holding anything, BPB_ERR_SIZE: an index is n or more; BPB_ERR_RANGE:
 * a double exceeds float; BPB_ERR_LABEL: a label has been changed in the file.
 */
BPB_API bpb_source bpb_mapped_source(bpb_mapped *mapped, size_t first, size_t count);
BPB_API bpbf_source bpbf_mapped_source(bpbf_mapped *mapped, size_t first, size_t count);

#ifdef __cplusplus
}
#endif

#endif
