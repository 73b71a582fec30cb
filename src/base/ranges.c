/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/ranges.h"

#include <float.h>

static bool is_in(enum option_range range, double x, double largest)
{
    switch (range) {
    case OPTION_AT_LEAST_0:
        return x >= 0 && x <= largest;
    case OPTION_ABOVE_0:
        return x > 0 && x <= largest;
    case OPTION_ABOVE_1:
        return x > 1 && x <= largest;
    case OPTION_BELOW_1:
        return x >= 0 && x < 1;
    default:
        return x > 0 && x < 1;
    }
}

bpb_status bpb_option_number(const char *name, double x, enum option_range range, double largest)
{
    static const char *const wanted[] = {
        [OPTION_AT_LEAST_0] = "at least 0 and finite", [OPTION_ABOVE_0] = "above 0 and finite",
        [OPTION_ABOVE_1] = "above 1 and finite",       [OPTION_BELOW_1] = "at least 0 and below 1",
        [OPTION_FRACTION] = "above 0 and below 1",
    };
    REQUIRE(!(x > largest && x <= DBL_MAX), BPB_ERR_OPTION, "%s is %g; it must be at most %g", name,
            x, largest);
    REQUIRE(is_in(range, x, largest), BPB_ERR_OPTION, "%s is %g; it must be %s", name, x,
            wanted[range]);
    return BPB_OK;
}

bpb_status bpb_option_flag(const char *name, int x)
{
    REQUIRE(is_flag(x), BPB_ERR_OPTION, "%s is %d; it must be 0 or 1", name, x);
    return BPB_OK;
}

bpb_status bpb_option_reserved(const char *name, const uint64_t reserved[4])
{
    for (size_t i = 0; i < 4; i++)
        REQUIRE(reserved[i] == 0, BPB_ERR_OPTION, "%sreserved[%zu] is not 0; it must be 0", name,
                i);
    return BPB_OK;
}
