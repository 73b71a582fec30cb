/* SPDX-License-Identifier: BSD-3-Clause */
/* The samples of a run: read, checked against the outputs, and parted. */
#include <math.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/say.h"
#include "cli/table/table_read_tmpl.h"
#include "train_run_tmpl.h"

/* ---- Reading ---- */

static int read_test(struct run *run)
{
    const struct data_settings *data = &run->settings->data;
    const struct table_settings test = train_test_table(data);
    if (source_of(data->path) != SOURCE_FOLDER)
        return data->test ? BPB(cli_read_table)(&run->test, &test, &run->train.classes) : CODE_FINE;
    if (data->test)
        return BPB(cli_read_samples)(&run->test, data->test, PART_TEST);
    if (part_exists(data->path, PART_TEST))
        return BPB(cli_read_samples)(&run->test, data->path, PART_TEST);
    return CODE_FINE;
}

static int read_train(struct run *run)
{
    const struct data_settings *data = &run->settings->data;
    const struct table_settings train = train_table(data);
    if (source_of(data->path) == SOURCE_FOLDER)
        return BPB(cli_read_samples)(&run->train, data->path, PART_TRAIN);
    return BPB(cli_read_table)(&run->train, &train, NULL);
}

/* How many samples to learn from. */
static int count_samples(struct run *run)
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

/* Test samples are as wide as those to train on. */
static int check_test(const struct run *run)
{
    const struct samples *train = &run->train, *test = &run->test;
    if (test->X.cols == 0)
        return CODE_FINE;
    if (test->X.rows != train->X.rows) {
        complain("the test %s in %s have %zu values, those to train on %zu: they do not belong "
                 "together",
                 test->is_table ? "samples" : "images", test->folder, test->X.rows, train->X.rows);
        return CODE_FAILED;
    }
    if (test->T.rows == train->T.rows)
        return CODE_FINE;
    complain("the test samples in %s have %zu targets, those to train on %zu: they do not belong "
             "together",
             test->folder, test->T.rows, train->T.rows);
    return CODE_FAILED;
}

/* Numbers to learn have to be such as the outputs can give. */
static int check_range(const struct run *run)
{
    const struct net_settings *net = &run->settings->net;
    const out_t T = run->train.T;
    double least, most;
    train_target_range(net, &least, &most);
    for (size_t i = 0; i < T.rows * T.cols; i++) {
        const double target = (double)T.data[i];
        if (target >= least && target <= most)
            continue;
        complain("--output %s: its values are %s %g%s, but target %zu of sample %zu (both counted "
                 "from 0) is %g: give --output identity with --loss squared, or other targets",
                 bpb_name(BPB_NAMES_ACTIVATION, net->output), isinf(most) ? "at least" : "from", least,
                 isinf(most) ? "" : " to 1", i % T.rows, i / T.rows, target);
        return CODE_USAGE;
    }
    return CODE_FINE;
}

/* ---- Parting ---- */

static data_t make_views(const struct run *run)
{
    const struct samples *train = &run->train, *test = &run->test;
    const size_t last = run->settings->data.validate_last;
    return (data_t){
        .train = BPB(cli_set)(train, 0, run->n),
        .validation = BPB(cli_set)(train, train->X.cols - last, last),
        .test = BPB(cli_set)(test, 0, test->X.cols),
    };
}

static int order_folds(struct run *run)
{
    const size_t folds = run->settings->folds;
    if (folds == 0)
        return CODE_FINE;
    if (folds > run->n) {
        complain("--folds %zu: there are only %zu samples: give at most that", folds, run->n);
        return CODE_USAGE;
    }
    run->order = calloc(run->n, sizeof *run->order);
    return run->order ? CODE_FINE : complain_status(BPB_ERR_MEMORY, "part", "the samples");
}

static set_t chosen_samples(const struct samples *samples, const size_t *index, size_t count)
{
    set_t set = BPB(cli_set)(samples, 0, samples->X.cols);
    set.X.index = set.T.view.index = index;
    set.X.cols = set.T.view.cols = count;
    return set;
}

void BPB(cli_choose_fold)(struct run *run, size_t fold)
{
    const size_t folds = run->settings->folds;
    size_t learnt = 0, tested = run->n;
    for (size_t i = run->n; i-- > 0;) {
        if (i % folds == fold)
            run->order[--tested] = i;
    }
    for (size_t i = 0; i < run->n; i++) {
        if (i % folds != fold)
            run->order[learnt++] = i;
    }
    run->data = (data_t){
        .train = chosen_samples(&run->train, run->order, learnt),
        .test = chosen_samples(&run->train, run->order + tested, run->n - tested),
    };
}

/* ---- All of it ---- */

/* Outputs that the targets need: a Gaussian net has two for each. */
static int find_shape(const struct run *run, struct train_shape *shape)
{
    shape->inputs = run->train.X.rows;
    shape->has_classes = run->train.labels.data;
    shape->outputs = run->train.T.rows;
    if (run->settings->net.loss == BPB_GAUSSIAN)
        shape->outputs *= 2;
    return shape->has_classes ? BPB(cli_classes)(&run->train, &shape->outputs) : CODE_FINE;
}

int BPB(cli_make_views)(struct run *run)
{
    const size_t outputs = run->widths.units[run->widths.count - 1];
    ATTEMPT(BPB(cli_make_targets)(&run->train, outputs));
    ATTEMPT(BPB(cli_make_targets)(&run->test, outputs));
    run->data = make_views(run);
    return CODE_FINE;
}

int BPB(cli_read_data)(struct run *run)
{
    struct train_shape shape;
    ATTEMPT(read_train(run));
    ATTEMPT(count_samples(run));
    ATTEMPT(order_folds(run));
    if (run->settings->folds == 0)
        ATTEMPT(read_test(run));
    ATTEMPT(check_test(run));
    if (!run->train.labels.data)
        ATTEMPT(check_range(run));
    ATTEMPT(find_shape(run, &shape));
    return train_widths(&run->settings->net.layers, &shape, &run->widths);
}
