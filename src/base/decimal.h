/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decimal numbers as C has them by default: strtod and printf go by the locale for the decimal
 * point, and by the rounding mode for the last digit. Both are the thread's alone between
 * decimal_enter and decimal_leave, so that other threads see nothing of it.
 */
#ifndef BPB_DECIMAL_H
#define BPB_DECIMAL_H

#include <fenv.h>
#include <locale.h>

#include "base/common.h"
#include "base/fpenv.h"

struct decimal {
    locale_t ours, before;
    struct fpenv env;
    int rounding; /* the C library may look it up elsewhere than in what fpenv changes */
};

/* BPB_ERR_MEMORY; nothing is to be left then. */
static inline bpb_status decimal_enter(struct decimal *decimal)
{
    decimal->ours = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    REQUIRE(decimal->ours, BPB_ERR_MEMORY, "no memory for the locale \"C\"");
    decimal->before = uselocale(decimal->ours);
    fpenv_enter(&decimal->env);
    decimal->rounding = fegetround();
    fesetround(FE_TONEAREST);
    return BPB_OK;
}

static inline void decimal_leave(const struct decimal *decimal)
{
    fesetround(decimal->rounding);
    fpenv_leave(&decimal->env);
    uselocale(decimal->before);
    freelocale(decimal->ours);
}

#endif
