/* SPDX-License-Identifier: BSD-3-Clause */
#include "prepare/moments.h"

#include <math.h>

#include "base/fpenv.h"

bool bpb_moments_valid(const bpb_moments *moments, size_t n)
{
    for (const bpb_moments *row = moments; row < moments + n; row++)
        if (!isfinite(row->count) || !isfinite(row->mean) || !isfinite(row->squares) ||
            row->count < 0 || row->squares < 0)
            return false;
    return true;
}

bpb_status bpb_moments_merge(bpb_moments *moments, const bpb_moments *others, size_t n)
{
    REQUIRE(moments && others, BPB_ERR_NULL);
    REQUIRE(n >= 1, BPB_ERR_SIZE);
    struct fpenv env;
    fpenv_enter(&env);
    const bool valid = bpb_moments_valid(moments, n) && bpb_moments_valid(others, n);
    for (size_t i = 0; valid && i < n; i++)
        moments[i] = moments_of_both(moments[i], others[i]);
    fpenv_leave(&env);
    return valid ? BPB_OK : BPB_ERR_OPTION;
}
