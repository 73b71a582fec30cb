/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the options of bpblas train go together. */
#include <math.h>

#include "cli/common/saved_model.h"
#include "cli/common/say.h"
#include "cli/table/image_folder.h"
#include "train_settings.h"

/* A parameter requires its function. */
static bool check_parameter(const char *option, bool is_given, bool has_function,
                            const char *function)
{
    if (is_given && !has_function)
        complain("%s requires %s: give both, or neither", option, function);
    return !is_given || has_function;
}

static bool has_activation(const struct net_settings *net, bpb_activation g)
{
    return net->hidden == g || net->output == g;
}

/* Test data must be of the same kind as training data. */
static bool check_test(const struct data_settings *data)
{
    const enum source source = source_of(data->train.path);
    const struct table_settings test = train_test_table(data);
    if (data->test && source_of(data->test) != source) {
        complain("--test %s and --data %s differ in kind: give two folders, two CSV files or two "
                 ".npy files",
                 data->test, data->train.path);
        return false;
    }
    if (source != SOURCE_NPY && (data->test_targets || data->test_label)) {
        complain("%s requires NumPy files in --data and --test: remove the option",
                 data->test_targets ? table_targets_option(&test) : table_label_option(&test));
        return false;
    }
    if (data->test && source == SOURCE_NPY && !(data->train.label ? test.label : test.targets)) {
        complain("--test %s: give its %s with %s FILE.npy", data->test,
                 data->train.label ? "classes" : "targets",
                 data->train.label ? table_label_option(&test) : table_targets_option(&test));
        return false;
    }
    return true;
}

static bool check_data(const struct args *args)
{
    const struct data_settings *data = &((const struct train_settings *)args->settings)->data;
    if ((data->standardise || data->whiten.is_given) && data->pixel_scale != 1) {
        complain("--%s sets the scale of the inputs: remove --pixel-scale",
                 data->standardise ? "standardise" : "whiten");
        return false;
    }
    return table_check(&data->train) && check_test(data);
}

/* Whether loss and output fit classes or numbers. */
static bool check_targets(const struct train_settings *settings)
{
    const struct net_settings *net = &settings->net;
    double least, most;
    if (!settings->data.train.targets) {
        if (net->loss != BPB_POISSON && net->loss != BPB_GAUSSIAN)
            return true;
        complain(
            "--loss %s requires targets that are numbers, but labels are classes: give squared, "
            "cross-entropy, huber or absolute",
            bpb_name(BPB_NAMES_LOSS, net->loss));
        return false;
    }
    train_target_range(net, &least, &most);
    if (!settings->data.standardise || (isinf(least) && isinf(most)))
        return true;
    complain(
        "--standardise scales targets to mean 0 and variance 1, but --output %s with --loss %s "
        "allows none below %g%s: give --output identity and --loss squared, or remove "
        "--standardise",
        bpb_name(BPB_NAMES_ACTIVATION, net->output), bpb_name(BPB_NAMES_LOSS, net->loss), least,
        isinf(most) ? "" : " or above 1");
    return false;
}

/* --folds and --seeds exclude options of a single run. */
static bool check_repeats(const struct args *args)
{
    const struct train_settings *settings = args->settings;
    static const char *const of_one_run[] = {"test", "validate-last", "save", "seeds", NULL};
    const char *option = args_first_given(args, of_one_run);
    if (settings->folds > 0 && option) {
        complain(
            "--%s cannot be used with --folds, which trains several nets and tests each on its "
            "own fold: remove one of the options",
            option);
        return false;
    }
    if (settings->result.save && model_is_network2(settings->result.save) &&
        settings->data.standardise) {
        complain("--save %s: a file of network2.py keeps no scaling: give another name, or remove "
                 "--standardise",
                 settings->result.save);
        return false;
    }
    if (settings->seeds.count > 0 && args_given(args, "seed")) {
        complain("--seed and --seeds exclude each other: give one of them");
        return false;
    }
    if (settings->seeds.count > 1 && settings->result.save && settings->data.validate_last == 0) {
        complain(
            "--save with --seeds requires validation scores: give --validate-last, or a single "
            "--seed");
        return false;
    }
    return true;
}

/* The training rule, and the options that it must fit. */
static bool check_rule(const struct args *args)
{
    const struct train_settings *settings = args->settings;
    const struct result_settings *result = &settings->result;
    const struct rule_context context = {
        .has_scores = !result->no_train_score || settings->data.validate_last > 0,
        .save = result->save,
        .log = result->log,
    };
    return rule_check(args, &settings->rule, &context);
}

bool train_check(const struct args *args)
{
    const struct net_settings *net = &((const struct train_settings *)args->settings)->net;
    return check_data(args) && check_targets(args->settings) && check_repeats(args) &&
           check_rule(args) &&
           check_parameter("--leak", net->leak > 0, has_activation(net, BPB_LEAKY_RELU),
                           "--activation or --output leaky-relu") &&
           check_parameter("--elu-alpha", net->elu_alpha > 0, has_activation(net, BPB_ELU),
                           "--activation or --output elu") &&
           check_parameter("--huber-delta", net->huber_delta > 0, net->loss == BPB_HUBER,
                           "--loss huber") &&
           check_parameter("--label-smoothing", net->label_smoothing > 0,
                           net->loss == BPB_CROSS_ENTROPY, "--loss cross-entropy");
}
