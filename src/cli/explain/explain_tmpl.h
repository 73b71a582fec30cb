/* SPDX-License-Identifier: BSD-3-Clause */
/* What bpblas explain holds, in one precision. */
#ifndef CLI_EXPLAIN_TMPL_H
#define CLI_EXPLAIN_TMPL_H

#include "cli/table/pairs_tmpl.h"
#include "explain.h"
#include "tmpl.h"

/* All zero but for the settings at the beginning. */
struct BPB(explanation) {
    const struct explain_settings *settings;
    BPB(net) * net;
    struct BPB(pairs) pairs;
    BPB(plan) * plan;
    BPB(work) * work;
    real *gradient;
    double E;           /* of the last pass */
    bool is_nonfinite;  /* a loss or delta was */
};

/* All samples' pass, which was the last one, as one JSON object. */
void BPB(explain_json)(FILE *file, const struct BPB(explanation) * explained);

#endif
