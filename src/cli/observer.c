/* SPDX-License-Identifier: BSD-3-Clause */
#include "observer.h"

static int on_step(const bpb_progress *at, void *user)
{
    struct observer *observer = user;
    progress_step(&observer->progress, at);
    return 0;
}

static int on_epoch(const bpb_progress *at, void *user)
{
    struct observer *observer = user;
    progress_epoch(&observer->progress, at);
    log_epoch(&observer->log, at);
    best_epoch(&observer->best, at);
    return 0;
}

void observer_attach(struct observer *observer, bpb_train_options *options)
{
    options->on_step = observer->progress.has_bar ? on_step : NULL;
    options->on_epoch = on_epoch;
    options->user = observer;
}
