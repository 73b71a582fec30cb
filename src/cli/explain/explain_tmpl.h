/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects of bpblas explain in one precision. */
#ifndef CLI_EXPLAIN_TMPL_H
#define CLI_EXPLAIN_TMPL_H

#include "cli/table/pairs_tmpl.h"
#include "explain.h"
#include "base/tmpl.h"

/* At the beginning only settings is set. */
struct explanation {
    const struct explain_settings *settings;
    net_t *net;
    struct pairs pairs;
    plan_t *plan;
    work_t *work;
    real *gradient;
    double E;          /* loss of the last pass */
    bool is_nonfinite; /* a loss or a delta was not finite */
};

/* Write the last pass, that of all samples, as one JSON object. */
void BPB(explain_json)(FILE *file, const struct explanation *explained);

#endif
