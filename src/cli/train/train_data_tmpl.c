/* SPDX-License-Identifier: BSD-3-Clause */
/* The samples of a run: reading, checks, and the parts for training, validation and test. */
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
    if (source_of(data->train.path) != SOURCE_FOLDER)
        return data->test ? BPB(cli_read_table)(&run->test, &test, &run->train.classes) : CODE_FINE;
    if (data->test)
        return BPB(cli_read_samples)(&run->test, data->test, PART_TEST);
    if (part_exists(data->train.path, PART_TEST))
        return BPB(cli_read_samples)(&run->test, data->train.path, PART_TEST);
    return CODE_FINE;
}

static int read_train(struct run *run)
{
    const struct table_settings *train = &run->settings->data.train;
    if (source_of(train->path) == SOURCE_FOLDER)
        return BPB(cli_read_samples)(&run->train, train->path, PART_TRAIN);
    return BPB(cli_read_table)(&run->train, train, NULL);
}

/* run->n = the number of training samples. */
static int count_samples(struct run *run)
{
    const struct data_settings *data = &run->settings->data;
    const size_t all = run->train.X.cols;
    if (data->validate_last >= all) {
        complain("--validate-last %zu leaves none of the %zu samples for training: give less",
                 data->validate_last, all);
        return CODE_USAGE;
    }
    run->n = all - data->validate_last;
    if (data->train_first > run->n) {
        complain("--train-first %zu: there are only %zu training samples: give at most %zu",
                 data->train_first, run->n, run->n);
        return CODE_USAGE;
    }
    if (data->train_first > 0)
        run->n = data->train_first;
    return CODE_FINE;
}

/* Test samples must have as many values and targets as training samples. */
static int check_test(const struct run *run)
{
    const struct samples *train = &run->train, *test = &run->test;
    if (test->X.cols == 0)
        return CODE_FINE;
    if (test->X.rows != train->X.rows) {
        complain(
            "the test %s in %s have %zu values, but the training %s have %zu: give data of the "
            "same kind",
            test->is_table ? "samples" : "images", test->folder, test->X.rows,
            test->is_table ? "samples" : "images", train->X.rows);
        return CODE_FAILED;
    }
    if (test->T.rows == train->T.rows)
        return CODE_FINE;
    complain(
        "the test samples in %s have %zu targets, but the training samples have %zu: give data "
        "of the same kind",
        test->folder, test->T.rows, train->T.rows);
    return CODE_FAILED;
}

/* Targets must be in the range of the outputs. */
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
        complain(
            "--output %s has values %s %g%s, but target %zu of sample %zu (both counted from 0) "
            "is %g: give --output identity with --loss squared, or other targets",
            bpb_name(BPB_NAMES_ACTIVATION, net->output), isinf(most) ? "of at least" : "from",
            least, isinf(most) ? "" : " to 1", i % T.rows, i / T.rows, target);
        return CODE_USAGE;
    }
    return CODE_FINE;
}

/* ---- Parts ---- */

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
        complain("--folds %zu: there are only %zu samples: give at most %zu", folds, run->n,
                 run->n);
        return CODE_USAGE;
    }
    run->order = calloc(run->n, sizeof *run->order);
    return run->order ? CODE_FINE : complain_status(BPB_ERR_MEMORY, "divide", "the samples");
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

/* A Gaussian net has two outputs for each target. */
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
