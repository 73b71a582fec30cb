/* SPDX-License-Identifier: BSD-3-Clause */
/* What bpblas explain holds, in one precision. */
#ifndef CLI_EXPLAIN_TMPL_H
#define CLI_EXPLAIN_TMPL_H

#include "cli/table/pairs_tmpl.h"
#include "explain.h"
#include "base/tmpl.h"

/* All zero but for the settings at the beginning. */
struct explanation {
    const struct explain_settings *settings;
    net_t *net;
    struct pairs pairs;
    plan_t *plan;
    work_t *work;
    real *gradient;
    double E;           /* of the last pass */
    bool is_nonfinite;  /* a loss or delta was */
};

/* All samples' pass, which was the last one, as one JSON object. */
void BPB(explain_json)(FILE *file, const struct explanation *explained);

#endif
