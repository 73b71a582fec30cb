/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_command.h"
#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/say.h"
#include "cli/table/pairs_tmpl.h"
#include "base/tmpl.h"

static int check(const net_t *net, const struct pairs *pairs,
                 const struct check_settings *settings)
{
    const bpb_check_options options = {.what = settings->only,
                                       .entries = settings->entries,
                                       .seed = settings->seed,
                                       .tolerance = settings->tolerance};
    struct check_findings findings = {.rows = pairs->rows, .count = pairs->count,
                                      .outputs = BPB(net_size)(net, BPB(net_layers)(net)),
                                      .digits = BPB_SELECT(17, 9)};
    findings.status = BPB(check)(net, pairs->X, pairs->T, &options, &findings.report);
    if (findings.status < 0)
        return complain_status(findings.status, "check", settings->pairs.model);
    for (int c = 0; c < BPB_CHECKS; c++) {
        const size_t l = findings.report.result[c].worst.layer;
        findings.inputs[c] = l > 0 ? BPB(net_size)(net, l - 1) : 0;
    }
    return check_print(&findings, settings);
}

static int load_and_check(const struct check_settings *settings, net_t **net,
                          struct pairs *pairs)
{
    ATTEMPT(BPB(cli_load)(net, settings->pairs.model));
    ATTEMPT(BPB(cli_read_pairs)(pairs, *net, &settings->pairs));
    return check(*net, pairs, settings);
}

int BPB(cli_check)(const struct check_settings *settings)
{
    net_t *net = NULL;
    struct pairs pairs = {.count = 0};
    const int code = load_and_check(settings, &net, &pairs);
    BPB(net_destroy)(&net);
    BPB(cli_free_pairs)(&pairs);
    return code;
}
