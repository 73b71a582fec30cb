/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_end.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/say.h"

/* ---- Stopped by a signal ---- */

static int explain_signal(const struct train_end *end)
{
    const bpb_progress *at = &end->report->last;
    const struct rule_settings *rule = end->rule;
    const char *name = end->signal == SIGINT ? "SIGINT" : "SIGTERM";
    if (end->report->has_checkpoint)
        complain("stopped by %s in epoch %zu, step %zu of %zu: no model is saved; %s holds the "
                 "run, and the same command %s resumes it",
                 name, at->epoch, at->step, at->steps, rule->checkpoint,
                 rule->resume ? "again" : "with --resume");
    else
        complain("stopped by %s in epoch %zu, step %zu of %zu: the run is lost and no model is "
                 "saved; with --checkpoint FILE, a stopped run can be resumed",
                 name, at->epoch, at->step, at->steps);
    return 128 + end->signal;
}

/* ---- Checkpoints ---- */

static int explain_write(const struct train_end *end)
{
    const char *path = end->rule->checkpoint;
    const bool is_there = access(path, F_OK) == 0;
    char why[REASON_BYTES];
    complain("cannot write the checkpoint %s: %s; the run ends and no model is saved. %s%s", path,
             reason_of(end->status, path, why, sizeof why),
             is_there ? path : "There is no checkpoint",
             is_there ? " still holds the previous state: --resume resumes it" : "");
    return CODE_FAILED;
}

/* The file cannot be resumed. */
static bool is_of_checkpoint(bpb_status status)
{
    return status == BPB_ERR_MISMATCH || status == BPB_ERR_FORMAT || status == BPB_ERR_TRUNCATED ||
           status == BPB_ERR_CHECKSUM || status == BPB_ERR_VERSION;
}

static int explain_checkpoint(const struct train_end *end)
{
    const char *path = end->rule->checkpoint;
    char why[REASON_BYTES];
    complain("cannot resume %s: %s; give another --checkpoint, or delete the file to begin a new "
             "run",
             path, reason_of(end->status, path, why, sizeof why));
    return CODE_FAILED;
}

/* ---- Values that are not finite ---- */

/* The name of the samples that the value is in. */
static const char *data_of(bpb_in in)
{
    switch (in) {
    case BPB_IN_X_VALIDATION:
    case BPB_IN_T_VALIDATION:
        return "validation";
    case BPB_IN_X_TEST:
    case BPB_IN_T_TEST:
        return "test";
    default:
        return "training";
    }
}

static int explain_data(const bpb_train_report *report)
{
    const bool is_target = report->in == BPB_IN_T || report->in == BPB_IN_T_VALIDATION ||
                           report->in == BPB_IN_T_TEST;
    complain("the %s data contain a value that is not finite (%s %zu of sample %zu, both counted "
             "from 0): correct the data",
             data_of(report->in), is_target ? "target" : "value", report->where.row,
             report->where.col);
    return CODE_NONFINITE;
}

/* The value that was not finite, as the subject of a sentence. */
static void name_place(const bpb_train_report *report, char *text, size_t bytes)
{
    const size_t row = report->where.row, col = report->where.col;
    switch (report->in) {
    case BPB_IN_A:
        snprintf(text, bytes, "unit %zu of layer %zu, for sample %zu (units and samples from 0),",
                 row, report->layer, col);
        break;
    case BPB_IN_DELTA:
        snprintf(text, bytes,
                 "dE/dz of unit %zu in layer %zu, for sample %zu (units and samples from 0),", row,
                 report->layer, col);
        break;
    case BPB_IN_LOSS:
        snprintf(text, bytes, "the loss of sample %zu (from 0)", col);
        break;
    case BPB_IN_GRADIENT:
        snprintf(text, bytes,
                 "the gradient of layer %zu, row %zu and column %zu of W b (both from 0), or its "
                 "square,",
                 report->layer, row, col);
        break;
    default:
        snprintf(text, bytes, "the loss");
    }
}

/* Whether a file holds earlier weights. */
static void name_earlier_state(const struct train_end *end, char *text, size_t bytes)
{
    const bpb_train_report *report = end->report;
    const size_t epochs = report->last.epoch - (report->last.epoch > 0);
    if (!report->has_checkpoint)
        snprintf(text, bytes, "No model is saved");
    else if (epochs == 0)
        snprintf(text, bytes, "No model is saved; %s holds an earlier state",
                 end->rule->checkpoint);
    else
        snprintf(text, bytes,
                 "No model is saved; %s holds an earlier state: --resume --epochs %zu saves a "
                 "model%s",
                 end->rule->checkpoint, epochs,
                 report->kept == BPB_KEPT_BEST ? " with the weights of the best epoch" : "");
}

static int explain_nonfinite(const struct train_end *end)
{
    const bpb_train_report *report = end->report;
    char what[256], rest[512], remedy[96] = "";
    if (end->status == BPB_LOST)
        snprintf(what, sizeof what, "the update overflowed and the weights are lost");
    else
        name_place(report, what, sizeof what);
    name_earlier_state(end, rest, sizeof rest);
    if (report->last.eta > 0)
        snprintf(remedy, sizeof remedy,
                 "; try a smaller --eta than %g, --clip-norm or --standardise", report->last.eta);
    complain("epoch %zu, mini-batch %zu: %s%s%s. %s", report->last.epoch, report->last.step + 1,
             what, end->status == BPB_LOST ? "" : " is not finite", remedy, rest);
    return CODE_NONFINITE;
}

/* ---- All of them ---- */

int train_explain(const struct train_end *end, const struct plan_settings *plan)
{
    const bpb_train_report *report = end->report;
    if (end->status == BPB_STOPPED)
        return explain_signal(end);
    if (end->status == BPB_NONFINITE && report->in != BPB_IN_NOTHING &&
        report->in <= BPB_IN_T_TEST)
        return explain_data(report);
    if (end->status == BPB_NONFINITE || end->status == BPB_LOST)
        return explain_nonfinite(end);
    if (end->status == BPB_ERR_IO && end->has_begun)
        return explain_write(end);
    if (end->rule->resume && is_of_checkpoint(end->status))
        return explain_checkpoint(end);
    if (end->status == BPB_ERR_IO && end->rule->checkpoint)
        return complain_status(end->status, "read", end->rule->checkpoint);
    if (end->status == BPB_ERR_FORMAT || end->status == BPB_ERR_THREAD)
        return plan_explain(end->status, plan);
    return end->status == BPB_ERR_OPTION ? rule_explain()
                                         : complain_status(end->status, "train", "the net");
}

/* ---- A run that ended without error ---- */

static void print_reason(const bpb_train_report *report, const struct rule_settings *rule,
                         const char *judged)
{
    const bpb_progress *at = &report->last;
    switch (report->end) {
    case BPB_END_PATIENCE:
        printf("ended after epoch %zu: no better %s in %zu epochs (--patience)\n", at->epoch,
               judged, rule->patience);
        break;
    case BPB_END_TARGET:
        printf("ended after epoch %zu: the loss has reached --target-loss %g\n", at->epoch,
               rule->target_loss);
        break;
    case BPB_END_TIME:
        printf("ended in epoch %zu, step %zu of %zu: --time-limit %g%s\n", at->epoch, at->step,
               at->steps, rule->time_limit,
               report->has_checkpoint ? " (--resume continues the run)" : "");
        break;
    case BPB_END_SCHEDULE:
        printf("ended after epoch %zu: eta has reached its minimum (--schedule halving)\n",
               at->epoch);
        break;
    default:
        break;
    }
}

void train_print_end(const bpb_train_report *report, const struct rule_settings *rule)
{
    const bpb_progress *at = &report->last;
    const bool by_validation = at->validation.columns > 0;
    const bpb_score *score = by_validation ? &at->validation : &at->train;
    char judged[64];
    snprintf(judged, sizeof judged, "%s %s", by_validation ? "validation" : "training",
             score->has_accuracy && !rule->by_loss ? "accuracy" : "loss");
    print_reason(report, rule, judged);
    if (report->kept == BPB_KEPT_BEST)
        printf("the weights are those of epoch %zu, which has the best %s\n", at->best_epoch,
               judged);
}
