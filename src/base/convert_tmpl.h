/* SPDX-License-Identifier: BSD-3-Clause */
/* From a file's precision to ours. */
#ifndef BPB_REAL_TMPL_H
#define BPB_REAL_TMPL_H

#include <float.h>
#include <math.h>

#include "base/common.h"
#include "base/tmpl.h"

/* value as a real; false for a finite one beyond the largest real. NaN and infinities pass. */
static inline bool real_from_double(double value, real *result)
{
    if (sizeof(real) == sizeof(float) && isfinite(value) && fabs(value) > (double)FLT_MAX)
        return false;
    *result = (real)value;
    return true;
}

#endif
