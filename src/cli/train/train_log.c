/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

int log_open(struct log *log, const char *path, bool is_resumed)
{
    *log = (struct log){.path = path, .is_old = path && is_resumed};
    if (!path)
        return CODE_FINE;
    log->file = fopen(path, is_resumed ? "a" : "w");
    return log->file ? CODE_FINE : complain_status(BPB_ERR_IO, "write the log", path);
}

/* JSON has no NaN or infinity. */
static void put_number(FILE *file, const char *set, const char *key, double value)
{
    fprintf(file, ", \"%s%s\": ", set, key);
    if (isfinite(value))
        fprintf(file, "%.17g", value);
    else
        fputs("null", file);
}

static void put_score(FILE *file, const char *set, const bpb_score *score)
{
    if (score->columns == 0)
        return;
    put_number(file, set, "_loss", score->loss);
    if (score->has_accuracy)
        put_number(file, set, "_accuracy", score->accuracy);
}

static void fail(struct log *log)
{
    if (!log->has_failed)
        complain("cannot write the log %s: %s; the training goes on without it", log->path,
                 strerror(errno));
    log->has_failed = true;
}

/* What is no regular file, a pipe say, has nothing that could be taken away. */
void log_begin(struct log *log)
{
    if (log->is_old && ftruncate(fileno(log->file), 0) != 0 && errno != EINVAL)
        fail(log);
    log->is_old = false;
}

static void put_scores(struct log *log, const bpb_progress *at)
{
    put_number(log->file, "", "eta", at->eta);
    put_score(log->file, "train", &at->train);
    put_score(log->file, "validation", &at->validation);
    put_score(log->file, "test", &at->test);
    put_number(log->file, "", "seconds", at->seconds);
    fputs("}\n", log->file);
    if (fflush(log->file) != 0 || ferror(log->file))
        fail(log);
}

void log_epoch(struct log *log, const bpb_progress *at)
{
    if (!log->file || log->has_failed)
        return;
    fprintf(log->file, "{\"epoch\": %zu", at->epoch);
    if (log->has_best)
        fprintf(log->file, ", \"best_epoch\": %zu", at->best_epoch);
    put_scores(log, at);
}

void log_run(struct log *log, const char *key, uint64_t run, const bpb_progress *at)
{
    if (!log->file || log->has_failed)
        return;
    fprintf(log->file, "{\"%s\": %" PRIu64 ", \"epochs\": %zu", key, run, at->epoch);
    put_scores(log, at);
}

int log_close(struct log *log)
{
    if (log->file && fclose(log->file) != 0)
        fail(log);
    log->file = NULL;
    return log->has_failed ? CODE_FAILED : CODE_FINE;
}
