/* SPDX-License-Identifier: BSD-3-Clause */
#include "eval_command.h"

#include "cli/common/command.h"

static const struct option_group groups[] = {
    PAIRS_GROUPS(struct eval_settings),
    {NULL, model_scale_options, offsetof(struct eval_settings, pairs.model)},
    {0},
};

static bool check(const struct args *args)
{
    const struct eval_settings *settings = args->settings;
    return table_check(&settings->pairs.data);
}

static int run(const struct args *args)
{
    const struct eval_settings *settings = args->settings;
    size_t bytes;
    ATTEMPT(model_check_scale(&settings->pairs.model));
    ATTEMPT(model_precision(&settings->pairs.model, &bytes));
    return (bytes == 8 ? bpb_cli_eval : bpbf_cli_eval)(&settings->pairs);
}

const struct command eval_command = {
    .name = "eval",
    .summary = "loss and accuracy of a model on labelled images or other data",
    .text =
        "Prints the mean loss of a model over the samples. If the samples have classes, it also\n"
        "prints the accuracy: the fraction of samples whose largest output is that of their\n"
        "class. If the targets are numbers, it prints the root mean squared error of each\n"
        "output, in the units of the data.\n",
    .examples = "examples:\n"
                "  bpblas eval --model model.safetensors --data /usr/share/datasets/fashion-mnist\n"
                "  bpblas eval --model houses.safetensors --data others.csv\n",
    .groups = groups,
    .settings_bytes = sizeof(struct eval_settings),
    .check = check,
    .run = run,
};
