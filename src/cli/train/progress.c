/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"
#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define SECONDS_BETWEEN_BARS 0.1
#define BAR_WIDTH 20
#define LINE_WIDTH 79

void progress_begin(struct progress *progress, bool quiet, bool brief, size_t samples)
{
    *progress = (struct progress){
        .quiet = quiet,
        .brief = brief,
        .has_bar = !quiet && isatty(STDERR_FILENO),
        .samples = samples,
        .start = seconds_now(),
    };
}

/* "3:07" or "1:00:03". */
static void format_time(char *text, size_t bytes, double seconds)
{
    const long whole = (long)(seconds + 0.5);
    if (whole < 3600)
        snprintf(text, bytes, "%ld:%02ld", whole / 60, whole % 60);
    else
        snprintf(text, bytes, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

static double epochs_done(const bpb_progress *at)
{
    return (double)at->epoch - 1.0 + (double)at->step / (double)at->steps;
}

static void format_bar(char bar[BAR_WIDTH + 1], double fraction)
{
    const int full = (int)(fraction * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < full ? '=' : i == full ? '>' : ' ';
    bar[BAR_WIDTH] = '\0';
}

/* Rate and remaining time, averaged over the whole run; shown once the average means something. */
static int print_pace(const struct progress *progress, const bpb_progress *at, double elapsed)
{
    if (elapsed < SECONDS_BETWEEN_BARS)
        return 0;
    const double done = epochs_done(at) / (double)at->epochs;
    const double rate =
        epochs_done(at) * (double)progress->samples / (progress->seconds + at->seconds);
    const double here = done - progress->resumed / (double)at->epochs;
    char left[32];
    format_time(left, sizeof left, elapsed * (1.0 - done) / here);
    return fprintf(stderr, "  %.0f samples/s  %s left", rate, left);
}

static void draw(const struct progress *progress, const bpb_progress *at, double elapsed)
{
    const double fraction = (double)at->step / (double)at->steps;
    char bar[BAR_WIDTH + 1];
    format_bar(bar, fraction);
    int length = fprintf(stderr, "\repoch %zu/%zu [%s] %3.0f %%", at->epoch, at->epochs, bar,
                         100.0 * fraction);
    length += print_pace(progress, at, elapsed);
    fprintf(stderr, "%*s", length < LINE_WIDTH ? LINE_WIDTH - length : 0, "");
    fflush(stderr);
}

void progress_resume(struct progress *progress, const bpb_progress *at, const char *checkpoint)
{
    progress->resumed = epochs_done(at) - 1.0 / (double)at->steps;
    if (!progress->quiet)
        fprintf(stderr, "resumed at epoch %zu, step %zu of %s\n", at->epoch, at->step - 1,
                checkpoint);
}

void progress_step(struct progress *progress, const bpb_progress *at)
{
    const double time = seconds_now();
    if (time - progress->drawn < SECONDS_BETWEEN_BARS)
        return;
    draw(progress, at, time - progress->start);
    progress->drawn = time;
    progress->is_drawn = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->is_drawn)
        fprintf(stderr, "\r%*s\r", LINE_WIDTH, "");
    progress->is_drawn = false;
}

static void print_score(const char *name, const bpb_score *score)
{
    if (score->columns == 0)
        return;
    fprintf(stderr, "  %s", name);
    if (score->has_accuracy)
        fprintf(stderr, " %.4f", score->accuracy);
    fprintf(stderr, " loss %.5f", score->loss);
}

void progress_epoch(struct progress *progress, const bpb_progress *at)
{
    progress->seconds += at->seconds;
    if (progress->quiet || progress->brief)
        return;
    progress_clear(progress);
    fprintf(stderr, "epoch %*zu/%zu", snprintf(NULL, 0, "%zu", at->epochs), at->epoch, at->epochs);
    print_score("train", &at->train);
    print_score("validation", &at->validation);
    print_score("test", &at->test);
    fprintf(stderr, "  %.2f s\n", at->seconds);
}
