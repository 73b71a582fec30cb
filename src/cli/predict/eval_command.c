/* SPDX-License-Identifier: BSD-3-Clause */
#include "eval_command.h"

#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/table/pairs.h"

#define AT(member) offsetof(struct eval_settings, member)

/* clang-format off */
static const struct option options[] = {
    {.name = "model", .kind = &kind_path, .offset = AT(model), .value = "FILE", .required = true,
     .help = "a model that bpblas train saved, or another safetensors file of its form; or, where "
             "its name ends in .json, one of network2.py"},
    {.name = "data", .kind = &kind_path, .offset = AT(data.path), .value = "DIR|FILE",
     .required = true, .help = PAIRS_DATA_HELP},
    PAIRS_FIELDS(struct eval_settings, data),
    {.name = "part", .kind = &kind_part, .offset = AT(part), .value = "NAME", .preset = "test",
     .help = "of a folder: test takes the t10k files, train the train files, all of them"},
    {.name = "pixel-scale", .kind = &kind_scale, .offset = AT(pixel_scale), .value = "S",
     .help = "divide the pixels by S: for a model of network2.py, which keeps no scale, and "
             "required there; 256 is that of its MNIST"},
    {.name = "precision", .kind = &kind_stored, .offset = AT(precision), .value = "NAME",
     .preset = "stored",
     .help = "of the arithmetic; stored is what the model was trained in, double for network2.py"},
    {0},
};
/* clang-format on */

static bool check(const struct args *args)
{
    struct table_settings *data = &((struct eval_settings *)args->settings)->data;
    data->targets_option = "--targets";
    data->label_option = "--label";
    return table_check(data);
}

static int run(const struct args *args)
{
    const struct eval_settings *settings = args->settings;
    size_t bytes;
    ATTEMPT(model_check_scale(settings->model, settings->pixel_scale));
    ATTEMPT(model_precision(settings->model, settings->precision, &bytes));
    return (bytes == 8 ? bpb_cli_eval : bpbf_cli_eval)(settings);
}

const struct command eval_command = {
    .name = "eval",
    .summary = "loss and accuracy of a model on labelled images or other data",
    .text = "Prints the mean loss of a model over the samples and, where they have classes, the\n"
            "fraction of them whose largest output is that of their class; where they have\n"
            "numbers, the root of the mean squared error of each, in their units.\n",
    .examples =
        "examples:\n"
        "  bpblas eval --model model.safetensors --data /usr/share/datasets/fashion-mnist\n"
        "  bpblas eval --model houses.safetensors --data others.csv\n",
    .options = options,
    .settings_bytes = sizeof(struct eval_settings),
    .check = check,
    .run = run,
};
