/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_whiten.h"

#include <stdio.h>
#include <string.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

static bool read_whiten(const char *text, void *value)
{
    struct whiten *whiten = value;
    *whiten = (struct whiten){.is_given = true};
    if (strcmp(text, "all") == 0 || kind_read(&kind_size, text, &whiten->components))
        return true;
    whiten->components = 0;
    return kind_read(&kind_fraction, text, &whiten->share) && whiten->share > 0.0;
}

const struct kind kind_whiten = {
    .read = read_whiten,
    .wanted = "all, a whole number of at least 1, or a fraction above 0 and below 1"};

int whiten_refuse(bpb_status status, const struct whiten *whiten, size_t varied)
{
    switch (status) {
    case BPB_ERR_UNSUPPORTED:
        complain("--whiten: this bpblas was built without LAPACK; build it with LAPACKE "
                 "(-Dlapack=enabled), or give --standardise");
        return CODE_FAILED;
    case BPB_ERR_SIZE:
        complain("--whiten: no input varies over the samples to learn from");
        return CODE_FAILED;
    case BPB_ERR_OPTION:
        complain("--whiten %zu: the inputs of the samples to learn from vary in %zu direction%s "
                 "only: give at most that, or all",
                 whiten->components, varied, varied == 1 ? "" : "s");
        return CODE_USAGE;
    default:
        return complain_status(status, "whiten", "the inputs");
    }
}

void whiten_describe(size_t m, size_t n_0, const double *variances, char *text, size_t bytes)
{
    double kept = 0, all = 0;
    for (size_t i = 0; i < n_0; i++) {
        all += variances[i];
        kept += i < m ? variances[i] : 0;
    }
    snprintf(text, bytes, "whitened: %zu of %zu directions, with %.4g %% of the variance", m, n_0,
             100.0 * (kept / all));
}
