/* SPDX-License-Identifier: BSD-3-Clause */
/* Which numbers are class indices. */
#ifndef BPB_CLASS_INDEX_H
#define BPB_CLASS_INDEX_H

#include "base/common.h"

#define NO_CLASS UINT64_MAX

/* value as a class index, or NO_CLASS if it is not a whole number of 0 .. classes-1. */
static inline uint64_t class_of(double value, size_t classes)
{
    if (!(value >= 0 && value < 1e15)) /* nor is NaN */
        return NO_CLASS;
    const uint64_t index = (uint64_t)value;
    return (double)index == value && index < classes ? index : NO_CLASS;
}

#endif
