/* SPDX-License-Identifier: BSD-3-Clause */
/* An array in a file: what its elements are, and which of them make up a column of X. */
#ifndef BPB_ARRAY_H
#define BPB_ARRAY_H

#include "base/common.h"

#define ARRAY_MAX_AXES 64

enum element_kind { ELEMENT_BOOL, ELEMENT_SIGNED, ELEMENT_UNSIGNED, ELEMENT_FLOAT };

struct element {
    enum element_kind kind;
    size_t bytes; /* 1, 2, 4 or 8; of floats 4 or 8 */
    bool is_big;  /* big-endian */
};

struct array {
    struct element element;
    size_t rows, cols;                   /* of X: the first axis counts the columns */
    bool is_fortran;                     /* the first axis runs fastest, else the last */
    size_t axes, extent[ARRAY_MAX_AXES]; /* need not be known unless it is_fortran */
    const unsigned char *data;           /* rows * cols elements */
};

/* More elements than this are refused, in both precisions, because no memory has this many doubles.
 */
#define ARRAY_MAX_ELEMENTS (PTRDIFF_MAX / sizeof(double))

#endif
