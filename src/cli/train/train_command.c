/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/output.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct train_settings, member)

/* ---- Defaults that go by other options ---- */

static const char *default_scale(const void *settings)
{
    const struct data_settings *data = &((const struct train_settings *)settings)->data;
    const bool is_scaled = data->standardise || data->whiten.is_given;
    return source_of(data->path) == SOURCE_FOLDER && !is_scaled ? "255" : "1";
}

static const char *default_output(const void *settings)
{
    const struct train_settings *train = settings;
    if (!train->data.targets)
        return "sigmoid";
    return train->net.loss == BPB_POISSON ? "exponential" : "identity";
}

static const char *default_eta(const void *settings)
{
    const struct train_settings *train = settings;
    return rule_default_eta(&train->rule, train->data.targets ? "0.1" : "3.0");
}

static const char *default_batch(const void *settings)
{
    return rule_default_batch(&((const struct train_settings *)settings)->rule);
}

/* ---- Options ---- */

/* clang-format off */
static const struct option options[] = {
    {.name = "data", .kind = &kind_path, .offset = AT(data.path), .value = "DIR|FILE",
     .required = true,
     .help = "folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and, for a "
             "test score, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; each may be "
             "compressed, with .gz at the end of its name. Or a CSV file of numbers, a sample in "
             "each row, with names in the first row or without. Or, where its name ends in .npy, "
             "an array of NumPy with the inputs of a sample in each row"},
    {.name = "label", .kind = &kind_path, .offset = AT(data.label), .value = "NAME|FILE",
     .help = TABLE_LABEL_HELP ". This or --targets is required for such files"},
    {.name = "targets", .kind = &kind_path, .offset = AT(data.targets), .value = "NAME,...|FILE",
     .help = TABLE_TARGETS_HELP ". So the net learns numbers and no classes, and mostly wants "
             "--standardise"},
    {.name = "inputs", .kind = &kind_path, .offset = AT(data.inputs), .value = "NAME,...",
     .help = TABLE_INPUTS_HELP "without it all that are no targets"},
    {.name = "test", .kind = &kind_path, .offset = AT(data.test), .value = "DIR|FILE",
     .help = "folder with the two t10k files, in place of those in --data; or a file as in --data, "
             "with the same fields"},
    {.name = "test-label", .kind = &kind_path, .offset = AT(data.test_label), .value = "FILE",
     .with = "test", .help = "the NumPy file with the classes of --test FILE.npy"},
    {.name = "test-targets", .kind = &kind_path, .offset = AT(data.test_targets), .value = "FILE",
     .with = "test", .help = "the NumPy file with the targets of --test FILE.npy"},
    {.name = "train-first", .kind = &kind_size, .offset = AT(data.train_first), .value = "N",
     .recorded = true,
     .help = "train on the first N samples only"},
    {.name = "validate-last", .kind = &kind_count, .offset = AT(data.validate_last), .value = "N",
     .preset = "0", .recorded = true,
     .help = "keep the last N training samples out of training, for validation"},
    {.name = "pixel-scale", .kind = &kind_scale, .offset = AT(data.pixel_scale), .value = "S",
     .preset = "255 for a folder, else 1, as with --standardise or --whiten",
     .preset_by = default_scale,
     .recorded = true,
     .help = "divide the inputs by S. The model keeps it: eval and predict do the same"},
    {.name = "standardise", .kind = &kind_flag, .offset = AT(data.standardise), .recorded = true,
     .help = "give each input mean 0 and variance 1 over the training samples, and each target of "
             "--targets too. The model keeps it: predict takes and gives the units of the data, "
             "and losses are those of standardised targets"},
    {.name = "whiten", .kind = &kind_whiten, .offset = AT(data.whiten), .value = "M|all",
     .recorded = true,
     .help = "give the net uncorrelated inputs of variance 1 over the training samples (PCA, by "
             "LAPACK): all directions in which these vary, or the M of most variance, or, where M "
             "is a fraction, as few as have that share of it. The model takes the inputs of the "
             "data, as any other: W_1 and b_1 have the whitening in them. Inputs in different "
             "units want --standardise too, which first divides each by its standard deviation"},
    {.name = "layers", .kind = &kind_widths, .offset = AT(net.layers), .value = "N0,N1,...",
     .recorded = true,
     .help = "widths n_0 .. n_L: inputs, hidden layers, outputs; without it, one hidden "
             "layer of 30 between the inputs and the classes or targets of the data"},
    {.name = "activation", .kind = &kind_activation, .offset = AT(net.hidden), .value = "NAME",
     .preset = "sigmoid", .recorded = true,
     .help = "g of the hidden layers, A_l = g(W_l A_{l-1} + b_l)"},
    {.name = "output", .kind = &kind_activation, .offset = AT(net.output), .value = "NAME",
     .preset = "sigmoid; with --targets identity, or exponential for --loss poisson",
     .preset_by = default_output, .recorded = true,
     .help = "g of the last layer"},
    {.name = "loss", .kind = &kind_loss, .offset = AT(net.loss), .value = "NAME",
     .preset = "squared", .recorded = true,
     .help = "e of a sample with output y and target t (1 for its class, else 0): "
             "squared is 1/2 sum (y - t)^2; cross-entropy is -sum t ln y for softmax, "
             "-sum (t ln y + (1 - t) ln(1 - y)) for sigmoid, and goes with no other; huber is "
             "squared up to --huber-delta and grows linearly from there, absolute is sum |y - t|. "
             "poisson is for counts and gaussian for numbers and variances, both with --targets"},
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
    {.name = "eta", .kind = &kind_rate, .offset = AT(rule.eta), .value = "X",
     .preset = "3.0 for sgd (with --targets 0.1), 0.01 for adagrad and rmsprop, else 0.001; "
               "irprop has none",
     .preset_by = default_eta, .recorded = true,
     .help = "learning rate eta_0: with --optimizer sgd each mini-batch makes W <- W - eta dE/dW, "
             "E its mean loss. There 3.0 suits sigmoid with squared; cross-entropy wants about "
             "0.5, relu 0.1"},
    {.name = "lambda", .kind = &kind_penalty, .offset = AT(rule.lambda), .value = "X",
     .preset = "0", .recorded = true,
     .help = "L2, weight decay: adds lambda / (2 n) sum w^2 over n training samples to the "
             "loss that is minimised, not to the losses that are shown"},
    {.name = "batch", .kind = &kind_batch, .offset = AT(rule.batch), .value = "B",
     .preset = "10, or all for irprop", .preset_by = default_batch, .recorded = true,
     .help = "samples of a mini-batch"},
    {.name = "epochs", .kind = &kind_size, .offset = AT(rule.epochs), .value = "N",
     .preset = "30", .recorded = true,
     .help = "passes over the training samples, each in another random order"},
    RULE_OPTIONS(struct train_settings),
    {.name = "seed", .kind = &kind_seed, .offset = AT(seed), .value = "S", .preset = "1",
     .recorded = true,
     .help = "of the initial parameters and of the order: the same seed and options "
             "give the same model"},
    {.name = "seeds", .kind = &kind_seeds, .offset = AT(seeds), .value = "S,...", .recorded = true,
     .help = "train once with each of these in place of --seed, and print the score of each, their "
             "mean and standard deviation; --log writes one object for each. --save keeps the net "
             "with the best validation score after its last epoch, and so needs --validate-last"},
    {.name = "folds", .kind = &kind_folds, .offset = AT(folds), .value = "K", .recorded = true,
     .help = "cross-validation: sample i, from 0, is in fold i mod K; train K times on all folds "
             "but one and test on that one. Prints the score of each, their mean and standard "
             "deviation, and that of all samples together; --log writes one object for each"},
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
     .help = "write one JSON object an epoch: epoch, best_epoch, eta, train_loss, train_accuracy, "
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
    "Trains a network by gradient descent over mini-batches, on labelled images or on the\n"
    "numbers of a CSV or NumPy file, for classes or for numbers, and shows its loss and\n"
    "accuracy after each epoch. The summary on standard output is the score of\n"
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
    "      --loss cross-entropy --eta 0.1 --lambda 5 --save model.safetensors\n"
    "  A number from the other fields of a CSV file, in five-fold cross-validation:\n"
    "    bpblas train --data houses.csv --targets price --standardise --folds 5\n"
    "  With Adam, early stopping and a checkpoint: the same command goes on where it was stopped:\n"
    "    bpblas train --data mnist --layers 784,100,10 --output softmax \\\n"
    "      --loss cross-entropy --optimizer adam --schedule cosine --validate-last 10000 \\\n"
    "      --patience 5 --checkpoint run.checkpoint --resume --save model.safetensors\n";

int train_refuse_net(bpb_status status, const struct net_settings *net)
{
    if (status == BPB_ERR_UNSUPPORTED) {
        complain("--init %s: this bpblas was built without LAPACK; build it with LAPACKE "
                 "(-Dlapack=enabled), or give another",
                 bpb_name(BPB_NAMES_INIT, net->init));
        return CODE_FAILED;
    }
    if (status != BPB_ERR_PAIR)
        return plan_refuse_layers(status);
    complain("--loss %s does not go with --output %s: give --loss squared, or --output sigmoid or "
             "softmax",
             bpb_name(BPB_NAMES_LOSS, net->loss), bpb_name(BPB_NAMES_ACTIVATION, net->output));
    return CODE_USAGE;
}

/* A run that would end another's is more likely to be one that forgot to go on with it. */
static int check_old_checkpoint(const struct rule_settings *rule)
{
    const char *path = rule->checkpoint;
    ATTEMPT(output_check("--checkpoint", path, OUTPUT_RENAMED));
    if (!path || rule->resume || access(path, F_OK) != 0)
        return CODE_FINE;
    complain("--checkpoint: %s is there already: give --resume to go on with the run in it, or "
             "delete it to begin anew",
             path);
    return CODE_USAGE;
}

static int run(const struct args *args)
{
    const struct train_settings *settings = args->settings;
    ATTEMPT(output_check("--log", settings->result.log, OUTPUT_OPENED));
    ATTEMPT(output_check("--save", settings->result.save, OUTPUT_RENAMED));
    ATTEMPT(check_old_checkpoint(&settings->rule));
    return (settings->precision == 8 ? bpb_cli_train : bpbf_cli_train)(settings, args);
}

const struct command train_command = {
    .name = "train",
    .summary = "train a network on labelled images or other data",
    .text = text,
    .examples = examples,
    .options = options,
    .settings_bytes = sizeof(struct train_settings),
    .check = train_check,
    .run = run,
};
