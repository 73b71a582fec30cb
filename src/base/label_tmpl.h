/* SPDX-License-Identifier: BSD-3-Clause */
/* Which numbers are class indices. */
#ifndef BPB_LABEL_TMPL_H
#define BPB_LABEL_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

#define NO_LABEL UINT64_MAX

/* value as a label, or NO_LABEL where it is not a whole number of 0 .. classes-1. */
static inline uint64_t label_of(real value, size_t classes)
{
    if (!(value >= 0 && value < RC(1e15))) /* nor is NaN */
        return NO_LABEL;
    const uint64_t label = (uint64_t)value;
    return (real)label == value && label < classes ? label : NO_LABEL;
}

#endif
