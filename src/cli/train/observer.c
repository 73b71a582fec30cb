/* SPDX-License-Identifier: BSD-3-Clause */
#include "observer.h"

#include <stdio.h>

#include "interrupt.h"

/* Once all that could be refused has been looked at. */
static void begin(struct observer *observer)
{
    if (observer->has_begun)
        return;
    observer->has_begun = true;
    log_begin(&observer->log);
    if (observer->opening && *observer->opening && !observer->progress.quiet)
        fprintf(stderr, "%s\n", observer->opening);
    if (observer->keeps_nothing && !observer->progress.quiet)
        fputs("note: without --save FILE or --checkpoint FILE nothing of this run is kept\n",
              stderr);
}

/* A run that does not begin with its first step has taken up another. */
static void begin_steps(struct observer *observer, const bpb_progress *at)
{
    begin(observer);
    if (observer->has_stepped)
        return;
    observer->has_stepped = true;
    if (at->epoch > 1 || at->step > 1)
        progress_resume(&observer->progress, at, observer->checkpoint);
}

static int on_step(const bpb_progress *at, void *user)
{
    struct observer *observer = user;
    begin_steps(observer, at);
    if (observer->progress.has_bar)
        progress_step(&observer->progress, at);
    return interrupt_signal();
}

static int on_epoch(const bpb_progress *at, void *user)
{
    struct observer *observer = user;
    begin(observer);
    if (at->resumed)
        observer->progress.seconds += at->seconds;
    else
        progress_epoch(&observer->progress, at);
    log_epoch(&observer->log, at);
    best_epoch(&observer->best, at);
    if (at->best_epoch == at->epoch)
        observer->best_epoch = *at;
    return interrupt_signal();
}

void observer_end(struct observer *observer)
{
    progress_clear(&observer->progress);
    if (observer->has_begun && !observer->has_stepped && !observer->progress.quiet)
        fprintf(stderr,
                "resumed at the end of the run in %s: nothing is left to do; more --epochs go on\n",
                observer->checkpoint);
}

void observer_attach(struct observer *observer, bpb_train_options *options)
{
    options->on_step = on_step;
    options->on_epoch = on_epoch;
    options->user = observer;
}
