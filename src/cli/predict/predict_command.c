/* SPDX-License-Identifier: BSD-3-Clause */
#include "predict_command.h"

#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/output.h"
#include "cli/common/say.h"
#include "cli/table/image_folder.h"

#define AT(member) offsetof(struct predict_settings, member)

/* clang-format off */
static const struct option options[] = {
    {.name = "model", .kind = &kind_path, .offset = AT(model), .value = "FILE", .required = true,
     .help = "a model that bpblas train saved, or another safetensors file of its form; or, where "
             "its name ends in .json, one of network2.py"},
    {.name = "data", .kind = &kind_path, .offset = AT(data.path), .value = "DIR|FILE",
     .help = "folder with the IDX files, as for bpblas train, of which labels are not needed; or a "
             "CSV file with the fields that the model has learnt from, by the names in its first "
             "row, or with the inputs alone; or a NumPy file"},
    {.name = "inputs", .kind = &kind_path, .offset = AT(data.inputs), .value = "NAME,...",
     .with = "data", .help = TABLE_INPUTS_HELP "without it those that the model has learnt from"},
    {.name = "part", .kind = &kind_part, .offset = AT(part), .value = "NAME", .preset = "test",
     .help = "of the folder: test takes t10k-images, train takes train-images"},
    {.name = "images", .kind = &kind_path, .offset = AT(images), .value = "FILE",
     .help = "one IDX file of images, plain or .gz; or, where its name ends in .npy, an array of "
             "NumPy whose first axis counts the samples. This or --data is required"},
    {.name = "out", .letter = 'o', .kind = &kind_path, .offset = AT(out), .value = "FILE",
     .help = "write there and not to standard output; where the name ends in .npy, the outputs "
             "alone as an array of NumPy, one sample a row, in the precision of the arithmetic"},
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
    const struct predict_settings *settings = args->settings;
    const bool is_one = !settings->data.path != !settings->images;
    if (!is_one)
        complain("give either --data with a folder or a CSV file, or --images with a file");
    return is_one && (settings->images || table_check(&settings->data));
}

static enum output output_of(const char *out)
{
    return out && path_is_npy(out) ? OUTPUT_RENAMED : OUTPUT_OPENED;
}

static int run(const struct args *args)
{
    const struct predict_settings *settings = args->settings;
    size_t bytes;
    ATTEMPT(output_check("--out", settings->out, output_of(settings->out)));
    ATTEMPT(model_check_scale(settings->model, settings->pixel_scale));
    ATTEMPT(model_precision(settings->model, settings->precision, &bytes));
    return (bytes == 8 ? bpb_cli_predict : bpbf_cli_predict)(settings);
}

const struct command predict_command = {
    .name = "predict",
    .summary = "outputs of a model for images or other data, as CSV or for NumPy",
    .text = "Prints CSV: a header, then a row for each sample with its class (the largest output,\n"
            "counted from 0; for one sigmoid output 1 where it is above 0.5; absent for any other\n"
            "single output) and all outputs, with the digits that give them back exactly. The\n"
            "class is empty where an output is not finite. --out FILE.npy: see there.\n",
    .examples = "examples:\n"
                "  bpblas predict --model model.safetensors \\\n"
                "    --data /usr/share/datasets/fashion-mnist -o outputs.csv\n"
                "  bpblas predict --model model.safetensors --images samples.npy -o outputs.npy\n",
    .options = options,
    .settings_bytes = sizeof(struct predict_settings),
    .check = check,
    .run = run,
};
