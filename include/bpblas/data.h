/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of data: CSV, IDX (MNIST) and NumPy files, read into memory or mapped.
 *
 * Every reader makes a matrix X of one sample a column. It allocates X->data; free it with
 * bpb_free. Files may be untrusted input. Values are taken as they are and rounded once to the
 * precision. Shared by all readers:
 *
 * - BPB_NONFINITE: X is read; *where (NULL: not wanted) is the first value that is NaN or infinite.
 * - BPB_ERR_IO: the file cannot be opened or read; see errno. BPB_ERR_MEMORY.
 * - bpb_error() names the file and what is wrong in it: the line and field, or the header's entry.
 */
#ifndef BPBLAS_DATA_H
#define BPBLAS_DATA_H

#include "bpblas/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Parts of data in memory ----------------------------------------------------------- */

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

/* ---- CSV --------------------------------------------------------------------------------- */

/*
 * Read a file of numbers. Each row of the file is a column of X; each field is a row of X.
 *
 * Fields are separated by commas, semicolons or tabs, by the same one throughout. Blanks around a
 * field, empty lines and a UTF-8 byte order mark are ignored. A field may stand in double quotes;
 * then separators, blanks and line breaks belong to the field, and two quotes are one quote.
 * Numbers are decimal with the point '.' in every locale, and have at most 1023 characters; nan and
 * inf are numbers. If a field of the first row is text, the first row is a header and is left out.
 * Returns: BPB_ERR_FORMAT: a field is empty, not a number or has no closing quote, a row has not as
 * many fields as the first, or separators are mixed; *where is the entry of X. BPB_ERR_RANGE: a
 * number exceeds the precision; *where too. BPB_ERR_SIZE: the file has no numbers. And as above.
 */
BPB_API bpb_status bpb_csv_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_csv_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * Get the *n fields of the header that bpb_csv_read leaves out, without quotes. Without a header,
 * *names is NULL and *n is 0. *n may differ from X.rows. Pointers and texts are one block: free it
 * with bpb_free(*names).
 * Returns: BPB_ERR_FORMAT: the first row has no closing quote, a NUL byte, or two kinds of
 * separators. BPB_ERR_IO, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_csv_names(char ***names, size_t *n, const char *path);

/* Which column of a file holds class names, and the class of each name. */
typedef struct bpb_csv_labels {
    const char *column; /* its name in the header, or its number from 0; default NULL: the last */
    char *const *names; /* names[k] is class k; default NULL: the names in this file, sorted by
                           their bytes (strcmp) */
    size_t n_names;     /* of names */
    uint64_t reserved[4]; /* must be 0 */
} bpb_csv_labels;

/*
 * Read a file of numbers with one column of class names. The row of X for that column holds class
 * indices 0, 1, ...; each text of the column is a name, numbers too. labels NULL: all defaults.
 *
 * The first row is a header if it contains labels->column, or if a field of another column is text.
 * A header must have as many fields as the other rows. *names and *n_names (both NULL: not wanted)
 * are the names in use, as from bpb_csv_names. Keep them with the model, and give them for other
 * files, which may lack a class.
 * Returns: as bpb_csv_read, and BPB_ERR_LABEL: a text is not among labels->names; *where is the
 * first. BPB_ERR_OPTION: there is no such column. BPB_ERR_SIZE: n_names is 0 and labels->names is
 * not NULL. BPB_ERR_RANGE: also more classes than the precision can count. BPB_ERR_NULL: also only
 * one of names and n_names, or an entry of labels->names that is NULL.
 */
BPB_API bpb_status bpb_csv_read_labels(bpb_out *X, const char *path, const bpb_csv_labels *labels,
                                       char ***names, size_t *n_names, bpb_where *where);
BPB_API bpb_status bpbf_csv_read_labels(bpbf_out *X, const char *path,
                                        const bpb_csv_labels *labels, char ***names,
                                        size_t *n_names, bpb_where *where);

/* ---- IDX --------------------------------------------------------------------------------- */

/*
 * Read an IDX file (LeCun's MNIST format), plain or gzip, of any element type. The first dimension
 * counts the columns of X; the product of the others is the rows.
 * Returns: BPB_ERR_FORMAT, BPB_ERR_TRUNCATED: the file is damaged or not an IDX file. BPB_ERR_SIZE:
 * a dimension is 0, or the product of all is too large. BPB_ERR_RANGE: a double exceeds float.
 * BPB_ERR_UNSUPPORTED: the file is gzip, and the library is built without zlib. And as above.
 */
BPB_API bpb_status bpb_idx_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_idx_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * Turn class indices (1 x B) into one-hot targets:
 *
 *     T_ij = 1 if i = labels_j, else 0                 classes x B
 *
 * Returns: BPB_ERR_LABEL: a label is not a whole number of 0 .. classes-1; *where (NULL: not
 * wanted) is the first. BPB_ERR_SHAPE, BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views.
 */
BPB_API bpb_status bpb_one_hot(bpb_view labels, bpb_out T, bpb_where *where);
BPB_API bpb_status bpbf_one_hot(bpbf_view labels, bpbf_out T, bpb_where *where);

/* ---- NumPy ------------------------------------------------------------------------------- */

/*
 * Read a NumPy file (.npy, format versions 1.0 to 3.0): bool, integers of 1, 2, 4 or 8 bytes, or
 * floats of 4 or 8 bytes, in either byte order and either order of the axes. The first axis counts
 * the samples: column j of X is a[j] of an array a of shape (n, ...), with its last axis fastest. X
 * has n columns; its rows are the product of the other extents, or 1 if there are none.
 * Returns: BPB_ERR_FORMAT, BPB_ERR_TRUNCATED: the file is damaged, not a NumPy file, or has bytes
 * behind the elements. BPB_ERR_SIZE: an extent is 0, or the product of all is too large.
 * BPB_ERR_RANGE: a double exceeds float. BPB_ERR_VERSION: another format version.
 * BPB_ERR_UNSUPPORTED: another dtype (objects, records, complex numbers, ...), no axis, or more
 * than 64 axes. And as above.
 */
BPB_API bpb_status bpb_npy_read(bpb_out *X, const char *path, bpb_where *where);
BPB_API bpb_status bpbf_npy_read(bpbf_out *X, const char *path, bpb_where *where);

/*
 * Write X as a NumPy file of version 1.0: shape (cols, rows), dtype '<f8' (float: '<f4'), C order.
 * numpy.load gives an array of one sample a row; bpb_npy_read gives X back to the bit. The file is
 * written atomically, as by bpb_net_save.
 * Returns: BPB_ERR_SHAPE: X has no rows. BPB_ERR_STRIDE, BPB_ERR_SIZE: see Views. BPB_ERR_IO,
 * BPB_ERR_MEMORY. Allocates.
 */
BPB_API bpb_status bpb_npy_write(bpb_view X, const char *path);
BPB_API bpb_status bpbf_npy_write(bpbf_view X, const char *path);

/* ---- Mapped ------------------------------------------------------------------------------ */

/*
 * Inputs X and targets T in two files that are mapped into memory instead of read, so that the
 * files may be larger than memory. Each file is an IDX or a NumPy file, of any form that
 * bpb_idx_read or bpb_npy_read takes, except gzip; every value has the same bits as from those.
 * Samples that stand one behind the other (IDX, and C order) are read fastest.
 *
 * The files must not change while they are mapped. If a mapped file is made shorter, reading beyond
 * its end kills the program (SIGBUS), as with every mapped file. Replacing a file by a new one of
 * the same name is harmless.
 */
typedef struct bpb_mapped bpb_mapped;
typedef struct bpbf_mapped bpbf_mapped;

/*
 * Map the files of X and T. classes 0: T is as in its file, for example one row of class indices.
 * classes K: T is K x B, one-hot, from a file of one class index a sample. Headers are checked
 * against the sizes of the files. With classes, all labels are checked; other values are not.
 * Returns: BPB_ERR_SHAPE: X and T differ in columns, or there are classes and T has not one row.
 * BPB_ERR_LABEL: a label is not a whole number of 0 .. classes-1. BPB_ERR_TRUNCATED,
 * BPB_ERR_FORMAT, BPB_ERR_VERSION, BPB_ERR_SIZE: as the readers. BPB_ERR_UNSUPPORTED: as
 * bpb_npy_read, or a file is gzip: unpack it with gzip -dk FILE. BPB_ERR_IO: also not a regular
 * file. BPB_ERR_MEMORY: also no address space. Allocates.
 */
BPB_API bpb_status bpb_mapped_open(bpb_mapped **mapped, const char *X_path, const char *T_path,
                                   size_t classes);
BPB_API bpb_status bpbf_mapped_open(bpbf_mapped **mapped, const char *X_path, const char *T_path,
                                    size_t classes);

/* Unmap the files and set *mapped to NULL; its sources are then invalid. Accepts NULL, and NULL in
 * *mapped. */
BPB_API void bpb_mapped_close(bpb_mapped **mapped);
BPB_API void bpbf_mapped_close(bpbf_mapped **mapped);

/*
 * Make columns first .. first + count - 1 a source for bpb_train; count 0: all columns from first
 * on. Take one part to train on and another for validation. A source of all columns tells n, inputs
 * (rows of X) and targets (rows of T) of the files. A source is valid until mapped is closed.
 *
 * source->read may run in any number of threads at once, and does not allocate. X or T may be NULL:
 * not wanted. It returns 0, or, with any values in X and T, BPB_ERR_SIZE: an index is n or more;
 * BPB_ERR_RANGE: a double exceeds float; BPB_ERR_LABEL: a label was changed in the file.
 * Returns: BPB_ERR_SIZE: the files have not these columns. BPB_ERR_MEMORY. Allocates a few bytes
 * for each new pair of first and count; bpb_mapped_close frees them. Thread-safety: calls for one
 * mapped must not run at the same time.
 */
BPB_API bpb_status bpb_mapped_source(bpb_mapped *mapped, size_t first, size_t count,
                                     bpb_source *source);
BPB_API bpb_status bpbf_mapped_source(bpbf_mapped *mapped, size_t first, size_t count,
                                      bpbf_source *source);

#ifdef __cplusplus
}
#endif

#endif
