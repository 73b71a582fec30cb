/* SPDX-License-Identifier: BSD-3-Clause */
/* Options against their ranges, and the sentence about one that is outside. */
#ifndef BPB_RANGES_H
#define BPB_RANGES_H

#include "base/common.h"

enum option_range {
    OPTION_AT_LEAST_0, /* 0 <= x <= largest */
    OPTION_ABOVE_0,    /* 0 < x <= largest */
    OPTION_ABOVE_1,    /* 1 < x <= largest */
    OPTION_BELOW_1,    /* 0 <= x < 1 */
    OPTION_FRACTION    /* 0 < x < 1 */
};

/* Each returns BPB_OK, or BPB_ERR_OPTION with a sentence that begins with the option's name. */

/* NaN is in no range. largest: of the precision that the number is used in. */
bpb_status bpb_option_number(const char *name, double x, enum option_range range, double largest);
/* 0 or 1. */
bpb_status bpb_option_flag(const char *name, int x);
/* The words at the end of a struct of options, which this version gives no meaning. name: of the
 * struct's member, with a point behind it; "" for the struct that the call takes. */
bpb_status bpb_option_reserved(const char *name, const uint64_t reserved[4]);

#endif
