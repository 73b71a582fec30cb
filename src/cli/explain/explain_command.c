/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/output.h"
#include "cli/common/say.h"
#include "cli/table/image_folder.h"
#include "explain_page.h"

#define AT(member) offsetof(struct explain_settings, member)

/* clang-format off */
static const struct option options[] = {
    PAIRS_OPTIONS(struct explain_settings, "without it the first one, and with --json all"),
    {.name = "json", .kind = &kind_flag, .offset = AT(json),
     .help = "print one JSON object with all matrices, for a net and samples of any number"},
    {.name = "out", .letter = 'o', .kind = &kind_path, .offset = AT(out), .value = "FILE",
     .help = "write there and not to standard output"},
    {.name = "precision", .kind = &kind_stored, .offset = AT(precision), .value = "NAME",
     .preset = "stored",
     .help = "of the arithmetic; stored is what the model was trained in. The differences are "
             "taken in double always"},
    {0},
};
/* clang-format on */

int explain_limit(size_t number, size_t most, const char *what)
{
    if (number <= most)
        return CODE_FINE;
    complain("%zu %s are too many to be read line by line (at most %zu): give --json for all "
             "matrices",
             number, what, most);
    return CODE_USAGE;
}

/* One target, as the loss compares A_L with it. A class stands for ones and zeros, and a scaling
 * of the outputs is that of numbers. */
static double target_of(const struct trace *trace, size_t i)
{
    const size_t output = i * page_loss_formula(trace)->group;
    if (trace->has_class)
        return trace->T[0] == (double)i ? 1.0 : 0.0;
    return (trace->T[i] - trace->out_shift[output]) / trace->out_factor[output];
}

void explain_targets(struct trace *trace)
{
    const size_t n = trace->n[trace->L];
    const size_t K = page_is_softmax(trace, trace->L) ? n : 2;
    const double epsilon = trace->loss == BPB_CROSS_ENTROPY ? trace->loss_parameter : 0.0;
    for (size_t i = 0; i < n / page_loss_formula(trace)->group; i++)
        trace->t[i] = (1.0 - epsilon) * target_of(trace, i) + epsilon / (double)K;
}

static int run(const struct args *args)
{
    struct explain_settings *settings = args->settings;
    size_t bytes;
    settings->pairs.first_rows = settings->json ? 0 : 1;
    ATTEMPT(output_check("--out", settings->out, OUTPUT_OPENED));
    ATTEMPT(model_precision(settings->pairs.model, settings->precision, &bytes));
    return (bytes == 8 ? bpb_cli_explain : bpbf_cli_explain)(settings);
}

const struct command explain_command = {
    .name = "explain",
    .summary = "each step of a small net's passes, in symbols and in numbers",
    .text =
        "Prints what a model computes for a sample, forward and backward, line by line: each\n"
        "formula in symbols, then in numbers. The derivative of the loss by each weight is\n"
        "written out by the chain rule, as a sum of products, one for each path from the loss\n"
        "to the weight; beside it stand what the library gives and the central difference of\n"
        "the loss. (Near a kink of a function, as at 0 of relu, a difference is no derivative.)\n"
        "\n"
        "So much can be read: 4 layers, 8 units in a layer, 64 weights, 4 samples, 64 products\n"
        "in a derivative. For any net and number of samples, --json prints one object:\n"
        "  {\"samples\": [0, ...], \"precision\": ..., \"loss_function\": ..., \"loss\": E,\n"
        "   \"layers\": [{\"l\": 0, \"units\": n_0, \"a\": A_0},\n"
        "    {\"l\": 1, \"units\": n_1, \"activation\": ..., \"z\": Z_1, \"a\": A_1,\n"
        "     \"delta\": D_1, \"dW\": dW_1, \"db\": db_1}, ...]}\n"
        "where E is the mean loss of the samples, delta its derivative by z, and so the factor\n"
        "of the mean is in it. z, a and delta hold a list for each sample, dW one for each\n"
        "unit: a row of W. Numbers have the digits that give them back exactly; one that is not\n"
        "finite is null.\n",
    .examples = "examples:\n"
                "  bpblas explain --model small.safetensors --data small.csv\n"
                "  bpblas explain --model small.safetensors --data small.csv --rows 0,2\n"
                "  bpblas explain --model model.safetensors \\\n"
                "    --data /usr/share/datasets/fashion-mnist --rows 0-9 --json -o passes.json\n",
    .options = options,
    .settings_bytes = sizeof(struct explain_settings),
    .run = run,
};
