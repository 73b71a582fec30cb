/* SPDX-License-Identifier: BSD-3-Clause */
#include "train_settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/command.h"
#include "cli/common/output.h"
#include "cli/common/saved_model.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct train_settings, member)

/* ---- Defaults that depend on other options ---- */

static const char *default_scale(const struct args *args)
{
    const struct data_settings *data = &((const struct train_settings *)args->settings)->data;
    const bool is_scaled = data->standardise || data->whiten.is_given;
    return source_of(data->train.path) == SOURCE_FOLDER && !is_scaled ? "255" : "1";
}

/* The targets are classes, and the user leaves the output and the loss to the program. A file of
 * network2.py holds sigmoid outputs only. */
static bool is_plain_classification(const struct args *args)
{
    const struct train_settings *train = args->settings;
    const char *save = train->result.save;
    return !train->data.train.targets && !args_given(args, "output") && !args_given(args, "loss") &&
           !(save && model_is_network2(save));
}

static const char *default_output(const struct args *args)
{
    const struct train_settings *train = args->settings;
    if (is_plain_classification(args))
        return "softmax";
    if (!train->data.train.targets)
        return "sigmoid";
    return train->net.loss == BPB_POISSON ? "exponential" : "identity";
}

static const char *default_loss(const struct args *args)
{
    return is_plain_classification(args) ? "cross-entropy" : "squared";
}

static const char *default_init(const struct args *args)
{
    const struct train_settings *train = args->settings;
    return train->net.hidden == BPB_RELU ? "glorot-normal" : "scaled";
}

/* For sgd. The loss is known here: the defaults are taken in the order of the options. */
static const char *eta_of_sgd(const struct train_settings *train)
{
    if (train->data.train.targets || train->net.hidden == BPB_RELU)
        return "0.1";
    return train->net.loss == BPB_CROSS_ENTROPY ? "0.5" : "3.0";
}

static const char *default_eta(const struct args *args)
{
    const struct train_settings *train = args->settings;
    return rule_default_eta(&train->rule, eta_of_sgd(train));
}

static const char *default_batch(const struct args *args)
{
    return rule_default_batch(&((const struct train_settings *)args->settings)->rule);
}

/* ---- Options ---- */

/* clang-format off */
static const struct option data_options[] = {
    {.name = "data", .kind = &kind_path, .offset = AT(data.train.path), .value = "DIR|FILE",
     .required = true,
     .help = "Training data. Folder: the IDX files train-images-idx3-ubyte and "
             "train-labels-idx1-ubyte, and for a test score t10k-images-idx3-ubyte and "
             "t10k-labels-idx1-ubyte; each may be compressed (.gz). CSV file: one sample of "
             "numbers in each row; the first row may hold names. NumPy file (.npy): the inputs "
             "of one sample in each row."},
    {.name = "label", .kind = &kind_path, .offset = AT(data.train.label), .value = "NAME|FILE",
     .help = TABLE_LABEL_HELP " A CSV or NumPy file requires --label or --targets."},
    {.name = "targets", .kind = &kind_path, .offset = AT(data.train.targets),
     .value = "NAME,...|FILE",
     .help = TABLE_TARGETS_HELP " The net then learns numbers instead of classes, and usually "
             "requires --standardise."},
    {.name = "inputs", .kind = &kind_path, .offset = AT(data.train.inputs), .value = "NAME,...",
     .absent = "all fields that are not targets or classes",
     .help = TABLE_INPUTS_HELP},
    {.name = "validate-last", .kind = &kind_count, .offset = AT(data.validate_last), .value = "N",
     .preset = "0", .recorded = true,
     .help = "Use the last N training samples for validation, not for training."},
    {.name = "standardise", .kind = &kind_flag, .offset = AT(data.standardise), .recorded = true,
     .help = "Scale each input to mean 0 and variance 1 over the training samples, and each target "
             "of --targets likewise. The model contains the scaling: predict reads and writes the "
             "units of the data. The losses are those of the scaled targets."},
    {.name = "pixel-scale", .kind = &kind_scale, .offset = AT(data.pixel_scale), .value = "S",
     .preset = "255 for a folder; 1 for a file, and with --standardise or --whiten",
     .preset_by = default_scale,
     .recorded = true,
     .help = "Divide the inputs by S. The model contains the scaling: eval and predict apply it."},
    {.name = "whiten", .kind = &kind_whiten, .offset = AT(data.whiten), .value = "M|all",
     .absent = "no whitening",
     .recorded = true,
     .help = "Replace the inputs by uncorrelated inputs of variance 1 over the training samples "
             "(PCA, by LAPACK). all: all directions in which the inputs vary. Whole number M: the "
             "M directions of largest variance. Fraction M: the fewest directions that have this "
             "share of the variance. The model takes the original inputs, because W_1 and b_1 "
             "contain the whitening. If the inputs have different units, give --standardise too: "
             "it divides each input by its standard deviation first."},
    {.name = "train-first", .kind = &kind_size, .offset = AT(data.train_first), .value = "N",
     .absent = "all", .recorded = true,
     .help = "Train on the first N samples only."},
    {.name = "test", .kind = &kind_path, .offset = AT(data.test), .value = "DIR|FILE",
     .absent = "the t10k files of a folder; for a file no test score",
     .help = "Test data. Folder: one with the two t10k files. File: one with the same fields as "
             "--data."},
    {.name = "test-label", .kind = &kind_path, .offset = AT(data.test_label), .value = "FILE",
     .with = "test", .help = "The NumPy file with the classes of --test FILE.npy."},
    {.name = "test-targets", .kind = &kind_path, .offset = AT(data.test_targets), .value = "FILE",
     .with = "test", .help = "The NumPy file with the targets of --test FILE.npy."},
    {0},
};

static const struct option net_options[] = {
    {.name = "layers", .kind = &kind_widths, .offset = AT(net.layers), .value = "N0,N1,...",
     .absent = "one hidden layer of 30; inputs and outputs as in the data",
     .recorded = true,
     .help = "Widths n_0 .. n_L: inputs, hidden layers, outputs."},
    {.name = "activation", .kind = &kind_activation, .offset = AT(net.hidden), .value = "NAME",
     .preset = "sigmoid", .recorded = true,
     .help = "Activation g of the hidden layers, A_l = g(W_l A_{l-1} + b_l)."},
    {.name = "output", .kind = &kind_activation, .offset = AT(net.output), .value = "NAME",
     .preset = "for classes softmax, or sigmoid if --loss is given or --save names a .json file; "
               "with --targets identity, or exponential for --loss poisson",
     .preset_by = default_output, .recorded = true,
     .help = "Activation g of the last layer."},
    {.name = "loss", .kind = &kind_loss, .offset = AT(net.loss), .value = "NAME",
     .preset = "for classes cross-entropy, or squared if --output is given or --save names a .json "
               "file; with --targets squared",
     .preset_by = default_loss, .recorded = true,
     .help = "Loss of a sample with output y and target t; a class has t = 1 for that class and "
             "t = 0 for the others. squared: 1/2 sum (y - t)^2. cross-entropy: -sum t ln y for "
             "softmax, -sum (t ln y + (1 - t) ln(1 - y)) for sigmoid; it requires one of these "
             "outputs. huber: squared up to --huber-delta, then linear. absolute: sum |y - t|. "
             "poisson (for counts) and gaussian (for numbers and their variances) require "
             "--targets."},
    {.name = "init", .kind = &kind_init, .offset = AT(net.init), .value = "NAME",
     .preset = "scaled; for --activation relu glorot-normal", .preset_by = default_init,
     .recorded = true,
     .help = "Distribution of the initial W and b. scaled: N(0, 1/n_in) and N(0, 1). normal: "
             "N(0, 1) for both. glorot suits tanh and relu, he suits deep nets of relu, and orthogonal (by LAPACK) suits "
             "deep nets."},
    {.name = "label-smoothing", .kind = &kind_fraction, .offset = AT(net.label_smoothing),
     .value = "X", .absent = "0", .recorded = true,
     .help = "For cross-entropy: learn (1 - X) t + X / K in place of t. K is the number of outputs "
             "for softmax, and 2 for sigmoid."},
    {.name = "leak", .kind = &kind_rate, .offset = AT(net.leak), .value = "X",
     .absent = "0.01", .recorded = true,
     .help = "Slope of leaky-relu below 0."},
    {.name = "elu-alpha", .kind = &kind_rate, .offset = AT(net.elu_alpha), .value = "X",
     .absent = "1", .recorded = true,
     .help = "Parameter alpha of elu, which is alpha (exp(z) - 1) below 0."},
    {.name = "huber-delta", .kind = &kind_rate, .offset = AT(net.huber_delta), .value = "X",
     .absent = "1", .recorded = true,
     .help = "Value of |y - t| above which the loss huber is linear."},
    {0},
};

static const struct option rate_options[] = {
    {.name = "eta", .kind = &kind_rate, .offset = AT(rule.eta), .value = "X",
     .preset = "for sgd 3.0 with the loss squared, 0.5 with cross-entropy, 0.1 with --targets or "
               "--activation relu; 0.01 for adagrad and rmsprop; 0.001 for the others; irprop has "
               "none",
     .preset_by = default_eta, .recorded = true,
     .help = "Initial learning rate eta_0. With --optimizer sgd, each mini-batch makes "
             "W <- W - eta dE/dW, where E is its mean loss."},
    {.name = "batch", .kind = &kind_batch, .offset = AT(rule.batch), .value = "B",
     .preset = "10, or all for irprop", .preset_by = default_batch, .recorded = true,
     .help = "Number of samples in a mini-batch."},
    {0},
};

static const struct option repeat_options[] = {
    {.name = "seed", .kind = &kind_seed, .offset = AT(seed), .value = "S", .preset = "1",
     .recorded = true,
     .help = "Seed of the initial parameters and of the order of the samples. The same seed and "
             "options give the same model."},
    {.name = "seeds", .kind = &kind_seeds, .offset = AT(seeds), .value = "S,...",
     .absent = "one run with --seed", .recorded = true,
     .help = "Train once with each of these seeds. Prints the score of each run, their mean and "
             "their standard deviation. --log writes one object for each run. --save keeps the net "
             "with the best validation score after its last epoch, and so requires "
             "--validate-last."},
    {.name = "folds", .kind = &kind_folds, .offset = AT(folds), .value = "K",
     .absent = "no cross-validation", .recorded = true,
     .help = "Cross-validation: train K times, each time without one fold, and test on that fold. "
             "Sample i (from 0) is in fold i mod K. Prints the score of each fold, their mean and "
             "their standard deviation, and the score of all samples together. --log writes one "
             "object for each fold."},
    {0},
};

static const struct option output_options[] = {
    {.name = "save", .kind = &kind_path, .offset = AT(result.save), .value = "FILE",
     .absent = "no model is saved",
     .help = "Write the trained model to FILE, in safetensors format. If the name ends in .json, "
             "the format is that of network2.py, which has sigmoid nets only and keeps neither the "
             "pixel scale nor notes."},
    {.name = "log", .kind = &kind_path, .offset = AT(result.log), .value = "FILE",
     .absent = "no log",
     .help = "Write one JSON object for each epoch: epoch, best_epoch, eta, train_loss, "
             "train_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy, and "
             "seconds of training. Accuracies are fractions. Scores that do not apply are left "
             "out."},
    {.name = "no-train-score", .kind = &kind_flag, .offset = AT(result.no_train_score),
     .help = "Do not evaluate the training samples after each epoch. This saves time."},
    {.name = "quiet", .kind = &kind_flag, .offset = AT(result.quiet),
     .help = "Print errors only."},
    {0},
};

static const struct option machine_options[] = {
    {.name = "precision", .kind = &kind_precision, .offset = AT(precision), .value = "NAME",
     .preset = "float", .recorded = true,
     .help = "Precision of the parameters and of all arithmetic."},
    {.name = "threads", .kind = &kind_threads, .offset = AT(plan.threads), .value = "N",
     .preset = "all",
     .help = "Maximum number of threads. all is one for each CPU that this process may use. "
             "bpblas uses fewer if the net and the batch are too small for all of them; bpblas "
             "info --plan prints the number. The results have the same bits with any number."},
    {.name = "planning", .kind = &kind_planning, .offset = AT(plan.planning), .value = "NAME",
     .preset = "estimate", .recorded = true,
     .help = "How a kernel is chosen for each product. estimate: from its shape and the CPU. "
             "measure: time all kernels first; another run may choose other kernels, and then "
             "differs in the last bits. cblas: the BLAS for all products."},
    {.name = "wisdom", .kind = &kind_path, .offset = AT(plan.wisdom), .value = "FILE",
     .help = "Use the kernels that FILE names for its products; --planning chooses the others. "
             "bpblas info --plan --save-wisdom writes such files."},
    {0},
};

#define RULE offsetof(struct train_settings, rule)
static const struct option_group groups[] = {
    {"data", data_options, 0},
    {"network", net_options, 0},
    {"optimiser", rate_options, 0},
    {NULL, rule_optimiser_options, RULE},
    {"learning rate schedule", rule_schedule_options, RULE},
    {"regularisation", rule_regularisation_options, RULE},
    {"stopping", rule_stopping_options, RULE},
    {"seeds and cross-validation", repeat_options, 0},
    {"checkpoints", rule_checkpoint_options, RULE},
    {"output", output_options, 0},
    {"machine", machine_options, 0},
    {0},
};
/* clang-format on */

static const char text[] =
    "Trains a network by gradient descent over mini-batches. The data are labelled images, or\n"
    "a CSV or NumPy file with classes or numbers as targets. After each epoch it prints the\n"
    "loss and the accuracy. At the end it prints the score of the test samples on standard\n"
    "output; without test samples, the score of the validation or training samples.\n"
    "\n"
    "Only --data is required. Most runs also set --layers, --output, --loss, --eta, --batch,\n"
    "--epochs and --save.\n";

static const char examples[] =
    "examples:\n"
    "  A first network with 30 hidden units:\n"
    "    bpblas train --data /usr/share/datasets/fashion-mnist --save model.safetensors\n"
    "  MNIST as in chapter 1 of Nielsen's \"Neural Networks and Deep Learning\", up to about\n"
    "  95 % (the folder mnist holds the four files):\n"
    "    bpblas train --data mnist --pixel-scale 256 --validate-last 10000 \\\n"
    "      --layers 784,30,10 --loss squared --init normal --log run.jsonl\n"
    "  A larger network with L2 regularisation:\n"
    "    bpblas train --data mnist --layers 784,100,10 --eta 0.1 --lambda 5 \\\n"
    "      --save model.safetensors\n"
    "  A number from the other fields of a CSV file, with five-fold cross-validation:\n"
    "    bpblas train --data houses.csv --targets price --standardise --folds 5\n"
    "  Adam, early stopping and a checkpoint. If the run is interrupted, the same command\n"
    "  resumes it:\n"
    "    bpblas train --data mnist --layers 784,100,10 --optimizer adam \\\n"
    "      --schedule cosine --validate-last 10000 --patience 5 \\\n"
    "      --checkpoint run.checkpoint --resume --save model.safetensors\n";

int train_refuse_net(bpb_status status, const struct net_settings *net)
{
    if (status == BPB_ERR_UNSUPPORTED) {
        complain("--init %s: this bpblas was built without LAPACK; build it with LAPACKE "
                 "(-Dlapack=enabled), or give another --init",
                 bpb_name(BPB_NAMES_INIT, net->init));
        return CODE_FAILED;
    }
    if (status != BPB_ERR_PAIR)
        return plan_refuse_layers(status);
    complain("--loss %s cannot be used with --output %s: give --loss squared, or --output sigmoid "
             "or softmax",
             bpb_name(BPB_NAMES_LOSS, net->loss), bpb_name(BPB_NAMES_ACTIVATION, net->output));
    return CODE_USAGE;
}

/* A new run does not overwrite a checkpoint: the user may have forgotten --resume. */
static int check_old_checkpoint(const struct rule_settings *rule)
{
    const char *path = rule->checkpoint;
    ATTEMPT(output_check("--checkpoint", path, OUTPUT_RENAMED));
    if (!path || rule->resume || access(path, F_OK) != 0)
        return CODE_FINE;
    complain(
        "--checkpoint: %s exists: give --resume to resume the run in it, or delete it to begin "
        "a new run",
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
    .groups = groups,
    .settings_bytes = sizeof(struct train_settings),
    .check = train_check,
    .run = run,
};
