/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas train --folds and --seeds: several runs on the same samples. */
#include <inttypes.h>

#include "cli/common/command.h"
#include "cli/common/say.h"
#include "train_repeat.h"
#include "train_run_tmpl.h"

/* A run that is one of several. */
static int train_new_net(struct run *run, const char *key, uint64_t number, struct best *best,
                         bpb_progress *last)
{
    struct observer observer = {0};
    bpb_train_report report = {0};
    ATTEMPT(BPB(cli_make_net)(run));
    const int code = BPB(cli_train_net)(run, &observer, &report, last);
    if (code != CODE_FINE) {
        complain("this was %s %" PRIu64, key, number);
        return code;
    }
    *best = observer.best;
    return CODE_FINE;
}

/* ---- Folds ---- */

/* The first one is whitened already. */
static int choose_fold(struct run *run, size_t k)
{
    if (k == 0 && run->whitened.whitening)
        return CODE_FINE;
    BPB(cli_choose_fold)(run, k);
    const int code = BPB(cli_whiten)(run);
    if (code != CODE_FINE)
        complain("this was fold %zu", k + 1);
    return code;
}

static int train_folds(struct run *run, struct log *log)
{
    const size_t folds = run->settings->folds;
    const bool quiet = run->settings->result.quiet;
    struct repeats repeats = {0};
    struct best best;
    bpb_progress last = {0};
    for (size_t k = 0; k < folds; k++) {
        ATTEMPT(choose_fold(run, k));
        ATTEMPT(train_new_net(run, "fold", k + 1, &best, &last));
        repeat_fold(&repeats, k + 1, folds, &last.test, quiet);
        log_run(log, "fold", k + 1, &last);
    }
    if (!quiet)
        repeat_print_folds(&repeats, last.test.has_accuracy);
    return CODE_FINE;
}

/* ---- Seeds ---- */

/* The net that is to be saved. */
struct kept {
    net_t *net; /* NULL: none yet */
    bpb_progress last;
    uint64_t seed;
};

static bool is_better(const bpb_score *score, const bpb_score *other)
{
    return score->has_accuracy && score->accuracy != other->accuracy
               ? score->accuracy > other->accuracy
               : score->loss < other->loss;
}

/* The net of the run where it is the best so far by validation; the one before it goes. */
static void keep_better(struct run *run, struct kept *kept, const bpb_progress *last)
{
    if (kept->net && !is_better(&last->validation, &kept->last.validation))
        return;
    net_t *net = run->net;
    run->net = kept->net;
    *kept = (struct kept){net, *last, run->seed};
}

static int train_seeds(struct run *run, struct log *log, struct kept *kept)
{
    const struct seeds *seeds = &run->settings->seeds;
    const bool quiet = run->settings->result.quiet;
    struct repeats repeats = {0};
    struct best best = {0};
    bpb_progress last;
    for (size_t k = 0; k < seeds->count; k++) {
        run->seed = seeds->seed[k];
        ATTEMPT(train_new_net(run, "seed", run->seed, &best, &last));
        repeat_seed(&repeats, run->seed, &best, quiet);
        log_run(log, "seed", run->seed, &last);
        keep_better(run, kept, &last);
    }
    if (!quiet)
        repeat_print_seeds(&repeats, &best);
    return CODE_FINE;
}

/* The best of them becomes the net of the run. */
static int train_and_save(struct run *run, const struct args *args, struct log *log,
                          struct kept *kept)
{
    ATTEMPT(train_seeds(run, log, kept));
    net_t *net = run->net;
    run->net = kept->net;
    kept->net = net;
    run->seed = kept->seed;
    return BPB(cli_save_trained)(run, args, &kept->last);
}

int BPB(cli_repeat)(struct run *run, const struct args *args, struct log *log)
{
    struct kept kept = {.seed = 0};
    const int code =
        run->settings->folds > 0 ? train_folds(run, log) : train_and_save(run, args, log, &kept);
    BPB(net_destroy)(&kept.net);
    return code;
}
