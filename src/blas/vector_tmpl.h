/* SPDX-License-Identifier: BSD-3-Clause */
/* The vectors of the x86-64 level that this is compiled for: v4, else v3. */
#ifndef BPB_VECTOR_TMPL_H
#define BPB_VECTOR_TMPL_H

#ifdef __AVX512F__
#include "blas/vector_v4.h"
#else
#include "blas/vector_v3.h"
#endif

#define LANES (VECTOR_BYTES / BPB_REAL_BYTES) /* of a vector */

#endif
