/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/json_writer.h"
#include "cli/common/say.h"

int log_open(struct log *log, const char *path, bool is_resumed)
{
    *log = (struct log){.path = path, .is_old = path && is_resumed};
    if (!path)
        return CODE_FINE;
    log->file = fopen(path, is_resumed ? "a" : "w");
    return log->file ? CODE_FINE : complain_status(BPB_ERR_IO, "write the log", path);
}

static void fail(struct log *log)
{
    if (!log->has_failed)
        complain("cannot write the log %s: %s; the training goes on without it", log->path,
                 strerror(errno));
    log->has_failed = true;
}

/* A file that is not regular, such as a pipe, cannot be truncated: EINVAL. */
void log_begin(struct log *log)
{
    if (log->is_old && ftruncate(fileno(log->file), 0) != 0 && errno != EINVAL)
        fail(log);
    log->is_old = false;
}

static void put_score(struct json *json, const char *set, const bpb_score *score)
{
    char key[32];
    if (score->columns == 0)
        return;
    snprintf(key, sizeof key, "%s_loss", set);
    json_number(json, key, score->loss);
    snprintf(key, sizeof key, "%s_accuracy", set);
    if (score->has_accuracy)
        json_number(json, key, score->accuracy);
}

/* The rest of a line, which is flushed. */
static void end_line(struct log *log, struct json *json, const bpb_progress *at)
{
    json_number(json, "eta", at->eta);
    put_score(json, "train", &at->train);
    put_score(json, "validation", &at->validation);
    put_score(json, "test", &at->test);
    json_number(json, "seconds", at->seconds);
    json_close(json, '}');
    fputc('\n', log->file);
    if (fflush(log->file) != 0 || ferror(log->file))
        fail(log);
}

void log_epoch(struct log *log, const bpb_progress *at)
{
    struct json json = {.file = log->file, .digits = 17};
    if (!log->file || log->has_failed)
        return;
    json_open(&json, NULL, '{');
    json_count(&json, "epoch", at->epoch);
    if (log->has_best)
        json_count(&json, "best_epoch", at->best_epoch);
    end_line(log, &json, at);
}

void log_run(struct log *log, const char *key, uint64_t run, const bpb_progress *at)
{
    struct json json = {.file = log->file, .digits = 17};
    if (!log->file || log->has_failed)
        return;
    json_open(&json, NULL, '{');
    json_count(&json, key, run);
    json_count(&json, "epochs", at->epoch);
    end_line(log, &json, at);
}

int log_close(struct log *log)
{
    if (log->file && fclose(log->file) != 0)
        fail(log);
    log->file = NULL;
    return log->has_failed ? CODE_FAILED : CODE_FINE;
}
