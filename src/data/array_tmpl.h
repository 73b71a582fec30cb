/* SPDX-License-Identifier: BSD-3-Clause */
/* From the elements of files to reals: the one conversion that there is. */
#ifndef BPB_ARRAY_TMPL_H
#define BPB_ARRAY_TMPL_H

#include "data/array.h"
#include "base/tmpl.h"

/* Both are called between fpenv_enter and fpenv_leave. BPB_ERR_RANGE: a double exceeds the largest
 * real; what is written then is not said. */

/* out[k] = element k of raw, rounded once. */
bpb_status BPB(convert)(struct element element, const unsigned char *raw, size_t count, real *out);

/* X (rows x B, packed): its column j is column first + index[j] of the array; index NULL:
 * first + j. */
bpb_status BPB(array_columns)(const struct array *array, size_t first, const size_t *index,
                              size_t B, real *X);

#endif
