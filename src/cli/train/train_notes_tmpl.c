/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model remembers of the run that made it. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/say.h"
#include "tmpl.h"
#include "train_settings.h"

/* A note that is not UTF-8, as a folder's name may be, is left out. */
static int note(BPB(net) * net, const char *key, const char *value)
{
    const bpb_status status = BPB(net_set_note)(net, key, value);
    return status == BPB_OK || status == BPB_ERR_OPTION
               ? CODE_FINE
               : complain_status(status, "keep a note of", key);
}

static int note_number(BPB(net) * net, const char *set, const char *key, double value)
{
    char name[64], number[32];
    snprintf(name, sizeof name, "%s%s", set, key);
    snprintf(number, sizeof number, "%.17g", value);
    return note(net, name, number);
}

static int note_score(BPB(net) * net, const char *set, const bpb_score *score)
{
    if (score->columns == 0)
        return CODE_FINE;
    ATTEMPT(note_number(net, set, "_loss", score->loss));
    return score->has_accuracy ? note_number(net, set, "_accuracy", score->accuracy) : CODE_FINE;
}

static int note_wisdom(BPB(net) * net, const char *path)
{
    char name[256];
    if (!path)
        return CODE_FINE;
    train_last_name(path, name, sizeof name);
    return note(net, "wisdom", name);
}

/* Of several seeds, that of this net. */
static int note_seed(BPB(net) * net, uint64_t seed)
{
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, seed);
    return note(net, "seed", number);
}

int BPB(cli_note_run)(BPB(net) * net, const struct args *args, uint64_t seed,
                      const bpb_progress *last)
{
    const struct train_settings *settings = args->settings;
    char record[4096], folder[256];
    args_record(args, record, sizeof record);
    train_last_name(settings->data.path, folder, sizeof folder);
    ATTEMPT(note(net, "program", "bpblas"));
    ATTEMPT(note(net, "version", bpb_version()));
    ATTEMPT(note(net, "settings", record));
    ATTEMPT(note(net, "data", folder));
    if (settings->seeds.count > 0)
        ATTEMPT(note_seed(net, seed));
    ATTEMPT(note_wisdom(net, settings->plan.wisdom));
    ATTEMPT(note_number(net, "epoch", "", (double)last->epoch));
    ATTEMPT(note_score(net, "train", &last->train));
    ATTEMPT(note_score(net, "validation", &last->validation));
    return note_score(net, "test", &last->test);
}
