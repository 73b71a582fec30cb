/* SPDX-License-Identifier: BSD-3-Clause */
#include "prepare/moments.h"

#include <math.h>

#include "base/fpenv.h"

static bpb_status check_number(double value, const char *name, size_t row, const char *field)
{
    REQUIRE(isfinite(value), BPB_ERR_OPTION, "%s[%zu].%s is %g; it must be finite", name, row,
            field, value);
    return BPB_OK;
}

static bpb_status check_sum(double value, const char *name, size_t row, const char *field)
{
    REQUIRE(isfinite(value) && value >= 0, BPB_ERR_OPTION,
            "%s[%zu].%s is %g; it must be at least 0 and finite", name, row, field, value);
    return BPB_OK;
}

bpb_status bpb_moments_check(const bpb_moments *moments, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        TRY(check_sum(moments[i].count, name, i, "count"));
        TRY(check_number(moments[i].mean, name, i, "mean"));
        TRY(check_sum(moments[i].squares, name, i, "squares"));
    }
    return BPB_OK;
}

bpb_status bpb_moments_merge(bpb_moments *moments, const bpb_moments *others, size_t n)
{
    REQUIRE_POINTER(moments);
    REQUIRE_POINTER(others);
    REQUIRE(n >= 1, BPB_ERR_SIZE, "n is 0; it must be at least 1");
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = bpb_moments_check(moments, n, "moments");
    if (!status)
        status = bpb_moments_check(others, n, "others");
    for (size_t i = 0; !status && i < n; i++)
        moments[i] = moments_of_both(moments[i], others[i]);
    fpenv_leave(&env);
    return status;
}
