/* SPDX-License-Identifier: BSD-3-Clause */
#include "train.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "say.h"

#define AT(member) offsetof(struct train_settings, member)
#define HIDDEN_BY_DEFAULT 30

/* clang-format off */
static const struct option options[] = {
    {.name = "data", .kind = &kind_path, .offset = AT(data.folder), .value = "DIR",
     .required = true,
     .help = "folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and, for a "
             "test score, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; each may be "
             "compressed, with .gz at the end of its name"},
    {.name = "test", .kind = &kind_path, .offset = AT(data.test), .value = "DIR",
     .help = "folder with the two t10k files, in place of those in --data"},
    {.name = "train-first", .kind = &kind_size, .offset = AT(data.train_first), .value = "N",
     .recorded = true,
     .help = "train on the first N samples only"},
    {.name = "validate-last", .kind = &kind_count, .offset = AT(data.validate_last), .value = "N",
     .preset = "0", .recorded = true,
     .help = "keep the last N training samples out of training, for validation"},
    {.name = "pixel-scale", .kind = &kind_scale, .offset = AT(data.pixel_scale), .value = "S",
     .preset = "255", .recorded = true,
     .help = "divide the pixels by S. The model keeps it: eval and predict do the same"},
    {.name = "layers", .kind = &kind_widths, .offset = AT(net.layers), .value = "N0,N1,...",
     .recorded = true,
     .help = "widths n_0 .. n_L: inputs, hidden layers, outputs; without it, one hidden "
             "layer of 30 between the pixels and the classes of the data"},
    {.name = "activation", .kind = &kind_activation, .offset = AT(net.hidden), .value = "NAME",
     .preset = "sigmoid", .recorded = true,
     .help = "g of the hidden layers, A_l = g(W_l A_{l-1} + b_l)"},
    {.name = "output", .kind = &kind_activation, .offset = AT(net.output), .value = "NAME",
     .preset = "sigmoid", .recorded = true,
     .help = "g of the last layer"},
    {.name = "loss", .kind = &kind_loss, .offset = AT(net.loss), .value = "NAME",
     .preset = "squared", .recorded = true,
     .help = "e of a sample with output y and target t (1 for its class, else 0): "
             "squared is 1/2 sum (y - t)^2; cross-entropy is -sum t ln y for softmax, "
             "-sum (t ln y + (1 - t) ln(1 - y)) for sigmoid, and goes with no other; huber is "
             "squared up to --huber-delta and grows linearly from there, absolute is sum |y - t|. "
             "(poisson and gaussian are for numbers, not for classes, and are refused here)"},
    {.name = "leak", .kind = &kind_rate, .offset = AT(net.leak), .value = "X", .recorded = true,
     .help = "slope of leaky-relu below 0; without it 0.01"},
    {.name = "elu-alpha", .kind = &kind_rate, .offset = AT(net.elu_alpha), .value = "X",
     .recorded = true,
     .help = "alpha of elu, alpha (exp(z) - 1) below 0; without it 1"},
    {.name = "huber-delta", .kind = &kind_rate, .offset = AT(net.huber_delta), .value = "X",
     .recorded = true,
     .help = "|y - t| from which on the loss huber grows linearly; without it 1"},
    {.name = "label-smoothing", .kind = &kind_fraction, .offset = AT(net.label_smoothing),
     .value = "X", .recorded = true,
     .help = "for cross-entropy: learn (1 - X) t + X / K in place of t, where K is the number of "
             "outputs for softmax and 2 for sigmoid; without it 0"},
    {.name = "init", .kind = &kind_init, .offset = AT(net.init), .value = "NAME",
     .preset = "scaled", .recorded = true,
     .help = "distribution of the initial W and b: scaled is N(0, 1/n_in) and N(0, 1), "
             "normal is N(0, 1) for both; glorot suits tanh, he suits relu, orthogonal (by LAPACK) "
             "suits deep nets"},
    {.name = "eta", .kind = &kind_rate, .offset = AT(rule.eta), .value = "X", .preset = "3.0",
     .recorded = true,
     .help = "learning rate: each mini-batch makes W <- W - eta dE/dW, E its mean loss. "
             "3.0 suits sigmoid with squared; cross-entropy wants about 0.5, relu 0.1"},
    {.name = "lambda", .kind = &kind_penalty, .offset = AT(rule.lambda), .value = "X",
     .preset = "0", .recorded = true,
     .help = "weight decay: adds lambda / (2 n) sum w^2 over n training samples to the "
             "loss that is minimised, not to the losses that are shown"},
    {.name = "batch", .kind = &kind_size, .offset = AT(rule.batch), .value = "B", .preset = "10",
     .recorded = true,
     .help = "samples of a mini-batch"},
    {.name = "epochs", .kind = &kind_size, .offset = AT(rule.epochs), .value = "N",
     .preset = "30", .recorded = true,
     .help = "passes over the training samples, each in another random order"},
    {.name = "seed", .kind = &kind_seed, .offset = AT(seed), .value = "S", .preset = "1",
     .recorded = true,
     .help = "of the initial parameters and of the order: the same seed and options "
             "give the same model"},
    {.name = "precision", .kind = &kind_precision, .offset = AT(precision), .value = "NAME",
     .preset = "float", .recorded = true,
     .help = "of the parameters and of all arithmetic"},
    {.name = "threads", .kind = &kind_threads, .offset = AT(plan.threads), .value = "N",
     .preset = "all",
     .help = "most threads to train with; all is one for each CPU that this process may run "
             "on. No more are used than pay for the net and the batch (bpblas info --plan "
             "tells), and the results have the same bits with any number"},
    {.name = "planning", .kind = &kind_planning, .offset = AT(plan.planning), .value = "NAME",
     .preset = "estimate", .recorded = true,
     .help = "how a kernel is chosen for each product: estimate goes by its shape and the CPU; "
             "measure times all kernels first, and may choose otherwise in another run, which "
             "then differs in last bits; cblas leaves all products to the BLAS"},
    {.name = "wisdom", .kind = &kind_path, .offset = AT(plan.wisdom), .value = "FILE",
     .help = "do the products that FILE names as it says, the others by --planning; bpblas info "
             "--plan --save-wisdom makes such files"},
    {.name = "log", .kind = &kind_path, .offset = AT(result.log), .value = "FILE",
     .help = "write one JSON object an epoch: epoch, eta, train_loss, train_accuracy, "
             "validation_loss, validation_accuracy, test_loss, test_accuracy (those "
             "that apply; accuracies are fractions), seconds of training"},
    {.name = "save", .kind = &kind_path, .offset = AT(result.save), .value = "FILE",
     .help = "write the trained model, in the safetensors format; where FILE ends in .json, as "
             "network2.py does, which has sigmoid nets alone and keeps neither the pixel scale nor "
             "notes"},
    {.name = "no-train-score", .kind = &kind_flag, .offset = AT(result.no_train_score),
     .help = "do not evaluate the training samples after each epoch, which saves time"},
    {.name = "quiet", .kind = &kind_flag, .offset = AT(result.quiet),
     .help = "print nothing but errors"},
    {0},
};
/* clang-format on */

static const char text[] =
    "Trains a network on labelled images by stochastic gradient descent and shows its\n"
    "loss and accuracy after each epoch. The summary on standard output is the score of\n"
    "the test samples; without any, that of validation or training.\n";

static const char examples[] =
    "examples:\n"
    "  A first network of 30 hidden units:\n"
    "    bpblas train --data /usr/share/datasets/fashion-mnist --save model.safetensors\n"
    "  MNIST as in chapter 1 of Nielsen's \"Neural Networks and Deep Learning\", to about\n"
    "  95 % (the folder mnist holds the four files):\n"
    "    bpblas train --data mnist --pixel-scale 256 --validate-last 10000 \\\n"
    "      --layers 784,30,10 --init normal --eta 3.0 --log run.jsonl\n"
    "  A larger one with softmax and cross-entropy:\n"
    "    bpblas train --data mnist --layers 784,100,10 --output softmax \\\n"
    "      --loss cross-entropy --eta 0.1 --lambda 5 --save model.safetensors\n";

int train_widths(const struct widths *asked, size_t inputs, size_t classes, struct widths *widths)
{
    if (asked->count == 0) {
        *widths = (struct widths){3, {inputs, HIDDEN_BY_DEFAULT, classes}};
        return CODE_FINE;
    }
    *widths = *asked;
    if (asked->units[0] != inputs) {
        complain("--layers begins with %zu, but the images have %zu values: begin with %zu",
                 asked->units[0], inputs, inputs);
        return CODE_USAGE;
    }
    if (asked->units[asked->count - 1] < classes) {
        complain("--layers ends with %zu, but the labels go up to %zu: end with %zu",
                 asked->units[asked->count - 1], classes - 1, classes);
        return CODE_USAGE;
    }
    return CODE_FINE;
}

int train_refuse_net(bpb_status status, const struct net_settings *net)
{
    if (status == BPB_ERR_UNSUPPORTED) {
        complain("--init %s: this bpblas was built without LAPACK; build it with LAPACKE "
                 "(-Dlapack=enabled), or give another",
                 bpb_init_name(net->init));
        return CODE_FAILED;
    }
    if (status != BPB_ERR_PAIR)
        return plan_refuse_layers(status);
    complain("--loss %s does not go with --output %s: give --loss squared, or --output sigmoid or "
             "softmax",
             bpb_loss_name(net->loss), bpb_activation_name(net->output));
    return CODE_USAGE;
}

/* A parameter without the function that it belongs to. */
static bool check_parameter(const char *option, bool is_given, bool has_function,
                            const char *function)
{
    if (is_given && !has_function)
        complain("%s has no meaning without %s: give both, or neither", option, function);
    return !is_given || has_function;
}

static bool has_activation(const struct net_settings *net, bpb_activation g)
{
    return net->hidden == g || net->output == g;
}

static bool check(const struct args *args)
{
    const struct net_settings *net = &((const struct train_settings *)args->settings)->net;
    if (net->loss == BPB_POISSON || net->loss == BPB_GAUSSIAN) {
        complain("--loss %s has targets that are numbers, but labels are classes: give squared, "
                 "cross-entropy, huber or absolute",
                 bpb_loss_name(net->loss));
        return false;
    }
    return check_parameter("--leak", net->leak > 0, has_activation(net, BPB_LEAKY_RELU),
                           "--activation or --output leaky-relu") &&
           check_parameter("--elu-alpha", net->elu_alpha > 0, has_activation(net, BPB_ELU),
                           "--activation or --output elu") &&
           check_parameter("--huber-delta", net->huber_delta > 0, net->loss == BPB_HUBER,
                           "--loss huber") &&
           check_parameter("--label-smoothing", net->label_smoothing > 0,
                           net->loss == BPB_CROSS_ENTROPY, "--loss cross-entropy");
}

int train_explain(bpb_status status, const bpb_train_report *report,
                  const struct plan_settings *plan)
{
    if (status == BPB_ERR_OPTION) {
        complain("--eta, or --eta times --lambda, is too large for --precision");
        return CODE_USAGE;
    }
    if (status == BPB_ERR_FORMAT || status == BPB_ERR_THREAD)
        return plan_explain(status, plan);
    if (status != BPB_NONFINITE)
        return complain_status(status, "train", "the net");
    if (report->in_data != 0)
        complain("the data hold a value that is not finite (value %zu of sample %zu): correct them",
                 report->where.row, report->where.col);
    else
        complain("epoch %zu, mini-batch %zu: the loss is not finite; try a smaller --eta than %g. "
                 "No model is saved",
                 report->last.epoch, report->last.step + 1, report->last.eta);
    return CODE_NONFINITE;
}

void train_last_name(const char *path, char *name, size_t bytes)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    snprintf(name, bytes, "%.*s", (int)(end - begin), path + begin);
}

static int run(const struct args *args)
{
    const struct train_settings *settings = args->settings;
    ATTEMPT(output_check("--log", settings->result.log, OUTPUT_OPENED));
    ATTEMPT(output_check("--save", settings->result.save, OUTPUT_RENAMED));
    return (settings->precision == 8 ? bpb_dcli_train : bpb_scli_train)(settings, args);
}

const struct command train_command = {
    .name = "train",
    .summary = "train a network on labelled images",
    .text = text,
    .examples = examples,
    .options = options,
    .settings_bytes = sizeof(struct train_settings),
    .check = check,
    .run = run,
};
