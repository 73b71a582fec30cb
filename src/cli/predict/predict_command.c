/* SPDX-License-Identifier: BSD-3-Clause */
#include "predict_command.h"

#include "cli/common/command.h"
#include "cli/common/output.h"
#include "cli/common/paths.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct predict_settings, member)

/* clang-format off */
static const struct option options[] = {
    {.name = "data", .kind = &kind_path, .offset = AT(data.path), .value = "DIR|FILE",
     .help = "Folder of IDX files as for bpblas train (labels are not needed), or NumPy file, or "
             "CSV file. If the first row of a CSV file holds names, the inputs are found by the "
             "names of the training data. Otherwise the file holds the inputs only."},
    {.name = "images", .kind = &kind_path, .offset = AT(images), .value = "FILE",
     .help = "One file of inputs: an IDX file (plain or .gz), or a NumPy file (.npy) whose first "
             "axis counts the samples. Give either --images or --data."},
    {.name = "inputs", .kind = &kind_path, .offset = AT(data.inputs), .value = "NAME,...",
     .with = "data", .absent = "the inputs that the model was trained on",
     .help = TABLE_INPUTS_HELP},
    {.name = "part", .kind = &kind_part, .offset = AT(part), .value = "NAME", .preset = "test",
     .help = "Part of a folder: test reads t10k-images, train reads train-images."},
    {.name = "out", .letter = 'o', .kind = &kind_path, .offset = AT(out), .value = "FILE",
     .absent = "standard output",
     .help = "Write the outputs to FILE. If the name ends in .npy, FILE is a NumPy array with the "
             "outputs of one sample in each row, in the precision of the arithmetic."},
    {0},
};

static const struct option_group groups[] = {
    {"options", model_options, AT(model)},
    {NULL, options, 0},
    {NULL, model_scale_options, AT(model)},
    {0},
};
/* clang-format on */

static bool check(const struct args *args)
{
    const struct predict_settings *settings = args->settings;
    if (!settings->data.path == !settings->images) {
        complain("give either --data with a folder or a file, or --images with a file");
        return false;
    }
    return settings->images || table_check(&settings->data);
}

static int run(const struct args *args)
{
    const struct predict_settings *settings = args->settings;
    const bool is_npy = settings->out && path_is_npy(settings->out);
    size_t bytes;
    ATTEMPT(output_check("--out", settings->out, is_npy ? OUTPUT_RENAMED : OUTPUT_OPENED));
    ATTEMPT(model_check_scale(&settings->model));
    ATTEMPT(model_precision(&settings->model, &bytes));
    return (bytes == 8 ? bpb_cli_predict : bpbf_cli_predict)(settings);
}

const struct command predict_command = {
    .name = "predict",
    .summary = "outputs of a model for images or other data, as CSV or NumPy",
    .text =
        "Prints CSV: a header, then one row for each sample with its class and all outputs. The\n"
        "class is the number of the largest output, from 0, or its name if the model was\n"
        "trained on texts. With a single sigmoid output the class is 1 if the output is above\n"
        "0.5, otherwise 0. With any other single output there is no class column. If an output\n"
        "is not finite, the class is empty. The outputs have enough digits to be read back\n"
        "exactly.\n",
    .examples = "examples:\n"
                "  bpblas predict --model model.safetensors \\\n"
                "    --data /usr/share/datasets/fashion-mnist -o outputs.csv\n"
                "  bpblas predict --model model.safetensors --images samples.npy -o outputs.npy\n",
    .groups = groups,
    .settings_bytes = sizeof(struct predict_settings),
    .check = check,
    .run = run,
};
