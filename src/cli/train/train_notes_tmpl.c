/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model file says about the run that made it. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/paths.h"
#include "base/tmpl.h"
#include "train_settings.h"

static int note_number(net_t *net, const char *set, const char *key, double value)
{
    char name[64], number[32];
    snprintf(name, sizeof name, "%s%s", set, key);
    snprintf(number, sizeof number, "%.17g", value);
    return BPB(cli_note)(net, name, number);
}

static int note_score(net_t *net, const char *set, const bpb_score *score)
{
    if (score->columns == 0)
        return CODE_FINE;
    ATTEMPT(note_number(net, set, "_loss", score->loss));
    return score->has_accuracy ? note_number(net, set, "_accuracy", score->accuracy) : CODE_FINE;
}

int BPB(cli_note_run)(net_t *net, const struct args *args, uint64_t seed,
                      const bpb_progress *last)
{
    const struct train_settings *settings = args->settings;
    char record[4096], name[256];
    args_record(args, record, sizeof record);
    ATTEMPT(BPB(cli_note)(net, "program", "bpblas"));
    ATTEMPT(BPB(cli_note)(net, "version", bpb_version()));
    ATTEMPT(BPB(cli_note)(net, "settings", record));
    path_last_name(settings->data.path, name, sizeof name);
    ATTEMPT(BPB(cli_note)(net, "data", name));
    if (settings->seeds.count > 0) { /* the settings name all of them */
        snprintf(name, sizeof name, "%" PRIu64, seed);
        ATTEMPT(BPB(cli_note)(net, "seed", name));
    }
    if (settings->plan.wisdom) {
        path_last_name(settings->plan.wisdom, name, sizeof name);
        ATTEMPT(BPB(cli_note)(net, "wisdom", name));
    }
    ATTEMPT(note_number(net, "epoch", "", (double)last->epoch));
    ATTEMPT(note_score(net, "train", &last->train));
    ATTEMPT(note_score(net, "validation", &last->validation));
    return note_score(net, "test", &last->test);
}
