/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of training, read back. */
#include "plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

#if BPB_HAVE_JSON
#include <jansson.h>

static const char *const keys[CURVES] = {
    [CURVE_TRAIN_LOSS] = "train_loss",
    [CURVE_VALIDATION_LOSS] = "validation_loss",
    [CURVE_TEST_LOSS] = "test_loss",
    [CURVE_TRAIN_ACCURACY] = "train_accuracy",
    [CURVE_VALIDATION_ACCURACY] = "validation_accuracy",
    [CURVE_TEST_ACCURACY] = "test_accuracy",
};

static int refuse_line(const struct plot_log *log, size_t line, const char *problem)
{
    complain("%s: line %zu %s: give a log of bpblas train --log, one JSON object an epoch",
             log->path, line, problem);
    return CODE_FAILED;
}

static int make_room(struct plot_log *log)
{
    if (log->n < log->capacity)
        return CODE_FINE;
    const size_t capacity = log->capacity > 0 ? 2 * log->capacity : 64;
    struct plot_epoch *grown = realloc(log->epochs, capacity * sizeof *grown);
    if (!grown)
        return complain_status(BPB_ERR_MEMORY, "hold the log", log->path);
    log->epochs = grown;
    log->capacity = capacity;
    return CODE_FINE;
}

/* null stands for what is not finite, and is a gap. */
static int add_epoch(struct plot_log *log, const json_t *object, size_t line)
{
    const json_t *epoch = json_object_get(object, "epoch");
    if (!json_is_number(epoch))
        return refuse_line(log, line, "has no epoch");
    ATTEMPT(make_room(log));
    struct plot_epoch *added = &log->epochs[log->n++];
    added->epoch = json_number_value(epoch);
    for (int c = 0; c < CURVES; c++) {
        const json_t *value = json_object_get(object, keys[c]);
        if (value && !json_is_number(value) && !json_is_null(value))
            return refuse_line(log, line, "has a score that is no number");
        added->value[c] = json_is_number(value) ? json_number_value(value) : NAN;
        log->has[c] |= json_is_number(value);
    }
    return CODE_FINE;
}

static int add_line(struct plot_log *log, const char *text, size_t line)
{
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    const int code = json_is_object(object) ? add_epoch(log, object, line)
                                            : refuse_line(log, line, "is no JSON object");
    json_decref(object);
    return code;
}

static int read_lines(struct plot_log *log, FILE *file)
{
    char *text = NULL;
    size_t bytes = 0;
    int code = CODE_FINE;
    errno = 0;
    for (size_t line = 1; code == CODE_FINE && getline(&text, &bytes, file) >= 0; line++) {
        if (text[strspn(text, " \t\r\n")] != '\0')
            code = add_line(log, text, line);
    }
    free(text);
    if (code == CODE_FINE && ferror(file))
        return complain_status(BPB_ERR_IO, "read the log", log->path);
    return code;
}

static int check_curves(const struct plot_log *log)
{
    for (int c = 0; c < CURVES; c++) {
        if (log->has[c])
            return CODE_FINE;
    }
    complain("%s: there is no loss and no accuracy in it: give a log of bpblas train --log",
             log->path);
    return CODE_FAILED;
}

int plot_read(struct plot_log *log, const char *path)
{
    *log = (struct plot_log){.path = path};
    FILE *file = fopen(path, "re");
    if (!file)
        return complain_status(BPB_ERR_IO, "read the log", path);
    const int code = read_lines(log, file);
    fclose(file);
    return code == CODE_FINE ? check_curves(log) : code;
}

#else

int plot_read(struct plot_log *log, const char *path)
{
    (void)log;
    complain("cannot read the log %s: this bpblas was built without JSON; build it with jansson "
             "(-Djson=enabled)",
             path);
    return CODE_FAILED;
}

#endif

void plot_free(struct plot_log *log)
{
    free(log->epochs);
    *log = (struct plot_log){0};
}
