/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "dataset_tmpl.h"
#include "model.h"
#include "observer.h"
#include "say.h"
#include "tmpl.h"
#include "train.h"

/* All that a run holds. */
struct run {
    const struct train_settings *settings;
    struct BPB(samples) train, test;
    size_t n; /* samples to learn; those for validation end the training part */
    BPB(net) * net;
    char *wisdom; /* NULL: none */
};

static int read_test(struct run *run)
{
    const struct data_settings *data = &run->settings->data;
    if (data->test)
        return BPB(cli_read_samples)(&run->test, data->test, PART_TEST);
    if (part_exists(data->folder, PART_TEST))
        return BPB(cli_read_samples)(&run->test, data->folder, PART_TEST);
    return CODE_FINE;
}

/* How many samples to learn from. */
static int split(struct run *run)
{
    const struct data_settings *data = &run->settings->data;
    const size_t all = run->train.X.cols;
    if (data->validate_last >= all) {
        complain("--validate-last %zu leaves nothing of %zu samples to train on: give less",
                 data->validate_last, all);
        return CODE_USAGE;
    }
    run->n = all - data->validate_last;
    if (data->train_first > run->n) {
        complain("--train-first %zu: there are only %zu samples to train on: give at most that",
                 data->train_first, run->n);
        return CODE_USAGE;
    }
    if (data->train_first > 0)
        run->n = data->train_first;
    return CODE_FINE;
}

static int read_data(struct run *run)
{
    ATTEMPT(BPB(cli_read_samples)(&run->train, run->settings->data.folder, PART_TRAIN));
    ATTEMPT(split(run));
    ATTEMPT(read_test(run));
    if (run->test.X.cols > 0 && run->test.X.rows != run->train.X.rows) {
        complain("the test images in %s have %zu values, those to train on %zu: they do not belong "
                 "together",
                 run->test.folder, run->test.X.rows, run->train.X.rows);
        return CODE_FAILED;
    }
    return CODE_FINE;
}

/* Wisdom for another machine is refused now, and not once the log has been opened. */
static int check_wisdom(const struct run *run)
{
    const size_t batch = run->settings->rule.batch;
    const bpb_plan_options options = {.batch = batch < run->n ? batch : run->n,
                                      .wisdom = run->wisdom};
    BPB(plan) *plan = NULL;
    const bpb_status status = run->wisdom ? BPB(plan_create)(&plan, run->net, &options) : BPB_OK;
    BPB(plan_destroy)(&plan);
    return status == BPB_OK ? CODE_FINE : plan_explain(status, &run->settings->plan);
}

static int make_net(struct run *run)
{
    const struct net_settings *net = &run->settings->net;
    struct widths widths;
    size_t classes;
    ATTEMPT(BPB(cli_classes)(&run->train, &classes));
    ATTEMPT(train_widths(&net->layers, run->train.X.rows, classes, &widths));
    const bpb_net_options options = {
        .units = widths.units,
        .n_layers = widths.count - 1,
        .hidden = net->hidden,
        .output = net->output,
        .loss = net->loss,
        .leak = net->leak,
        .elu_alpha = net->elu_alpha,
        .huber_delta = net->huber_delta,
        .label_smoothing = net->label_smoothing,
        .init = net->init,
        .seed = run->settings->seed,
    };
    const bpb_status status = BPB(net_create)(&run->net, &options);
    if (status != BPB_OK)
        return train_refuse_net(status, net);
    ATTEMPT(BPB(cli_make_targets)(&run->train, widths.units[widths.count - 1]));
    ATTEMPT(BPB(cli_make_targets)(&run->test, widths.units[widths.count - 1]));
    ATTEMPT(BPB(cli_scale_inputs)(run->net, run->settings->data.pixel_scale));
    ATTEMPT(check_wisdom(run));
    const char *path = run->settings->result.save; /* what cannot be saved is told now */
    return path ? BPB(cli_check_saving)(run->net, path) : CODE_FINE;
}

static BPB(data) views(const struct run *run)
{
    const struct BPB(samples) *train = &run->train, *test = &run->test;
    const size_t last = run->settings->data.validate_last;
    return (BPB(data)){
        .X = BPB(cli_columns)(train->X, 0, run->n),
        .T = BPB(cli_columns)(train->T, 0, run->n),
        .X_validation = BPB(cli_columns)(train->X, train->X.cols - last, last),
        .T_validation = BPB(cli_columns)(train->T, train->X.cols - last, last),
        .X_test = BPB(cli_columns)(test->X, 0, test->X.cols),
        .T_test = BPB(cli_columns)(test->T, 0, test->X.cols),
    };
}

static int teach(struct run *run, struct observer *observer, bpb_train_report *report)
{
    const struct rule_settings *rule = &run->settings->rule;
    const BPB(data) data = views(run);
    bpb_train_options options = {
        .eta = rule->eta,
        .lambda = rule->lambda,
        .batch = rule->batch,
        .epochs = rule->epochs,
        .seed = run->settings->seed,
        .no_train_score = run->settings->result.no_train_score,
        .threads = plan_most_threads(&run->settings->plan),
        .planning = (bpb_planning)run->settings->plan.planning,
        .wisdom = run->wisdom,
    };
    progress_begin(&observer->progress, run->settings->result.quiet, run->n);
    observer_attach(observer, &options);
    const bpb_status status = BPB(train)(run->net, &data, &options, report);
    progress_clear(&observer->progress);
    return status == BPB_OK ? CODE_FINE : train_explain(status, report, &run->settings->plan);
}

static int save(struct run *run, const struct args *args, const bpb_progress *last)
{
    const char *path = run->settings->result.save;
    if (!path)
        return CODE_FINE;
    ATTEMPT(BPB(cli_note_run)(run->net, args, last));
    return BPB(cli_save)(run->net, path);
}

static int teach_and_save(struct run *run, struct observer *observer, const struct args *args)
{
    bpb_train_report report = {0};
    ATTEMPT(teach(run, observer, &report));
    if (!run->settings->result.quiet)
        best_print(&observer->best);
    return save(run, args, &report.last);
}

static int prepare_and_teach(struct run *run, const struct args *args)
{
    struct observer observer = {0};
    ATTEMPT(plan_read_wisdom(&run->settings->plan, &run->wisdom));
    ATTEMPT(read_data(run));
    ATTEMPT(make_net(run));
    ATTEMPT(log_open(&observer.log, run->settings->result.log));
    const int code = teach_and_save(run, &observer, args);
    const int log_code = log_close(&observer.log);
    return code != CODE_FINE ? code : log_code;
}

int BPB(cli_train)(const struct train_settings *settings, const struct args *args)
{
    struct run run = {.settings = settings};
    const int code = prepare_and_teach(&run, args);
    BPB(net_destroy)(&run.net);
    bpb_free(run.wisdom);
    BPB(cli_free_samples)(&run.train);
    BPB(cli_free_samples)(&run.test);
    return code;
}
