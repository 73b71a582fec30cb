/* SPDX-License-Identifier: BSD-3-Clause */
/* Checkpoints of version 0.4, in tests/fixtures, are resumed: AMSGrad and AdamW, which were methods
 * then, as Adam with options. */
#define BPB_REAL_BYTES 4
#include "support_tmpl.h"
#include "temporary_files.h"

enum { PIXELS = 12, CLASSES = 3 };

static const struct run {
    const char *name;
    bpb_train_options options;
} runs[] = {
    {"sgd", {.method = BPB_SGD, .eta = 3}},
    {"momentum", {.method = BPB_MOMENTUM}},
    {"rmsprop", {.method = BPB_RMSPROP}},
    {"adam", {.method = BPB_ADAM}},
    {"amsgrad", {.method = BPB_ADAM, .tuning = {.amsgrad = 1}}},
    {"adamw", {.method = BPB_ADAM, .decoupled = 1}},
    {"irprop+", {.method = BPB_IRPROP_PLUS}},
};

static bpbf_out images, test_images;
static float T[60 * CLASSES], test_T[60 * CLASSES];
static bpbf_data data;

static size_t read_part(const char *part, bpbf_out *X, float *one_hot)
{
    char path[4096];
    bpbf_out labels = {0};
    snprintf(path, sizeof path, "%s/data/%s-images-idx3-ubyte", FIXTURES, part);
    assert_ok(bpbf_idx_read(X, path, NULL));
    snprintf(path, sizeof path, "%s/data/%s-labels-idx1-ubyte", FIXTURES, part);
    assert_ok(bpbf_idx_read(&labels, path, NULL));
    assert_true(X->rows == PIXELS && X->cols <= 60);
    assert_ok(
        bpbf_one_hot(bpbf_view_of(labels), bpbf_samples_out(one_hot, X->cols, CLASSES), NULL));
    bpb_free(labels.data);
    return X->cols;
}

static int prepare(void **state)
{
    const size_t n = read_part("train", &images, T),
                 tests = read_part("t10k", &test_images, test_T);
    data = (bpbf_data){
        .train = {.X = bpbf_view_of(images), .T = bpbf_classes(bpbf_samples(T, n, CLASSES))},
        .test = {.X = bpbf_view_of(test_images),
                 .T = bpbf_classes(bpbf_samples(test_T, tests, CLASSES))}};
    return make_folder(state);
}

static int tidy_up(void **state)
{
    bpb_free(images.data);
    bpb_free(test_images.data);
    return remove_folder(state);
}

static const char *copy_of(const char *name)
{
    char bytes[8192], path[4096];
    snprintf(path, sizeof path, "%s/0.4/%s.checkpoint", FIXTURES, name);
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    const size_t n = fread(bytes, 1, sizeof bytes, from);
    assert_true(n > 0 && n < sizeof bytes);
    fclose(from);
    write_file(path_of("run.checkpoint"), bytes, n);
    return path_of("run.checkpoint");
}

static bpbf_net *new_net(void)
{
    static const size_t units[] = {PIXELS, 7, CLASSES};
    double factor[PIXELS];
    bpbf_net *net = NULL;
    for (size_t i = 0; i < PIXELS; i++)
        factor[i] = (double)(1.0f / 255);
    assert_ok(bpbf_net_create(&net, &(bpb_net_options){.sizes = units, .n_sizes = 3, .seed = 3}));
    assert_ok(bpbf_net_set_scaling(net, BPB_INPUTS, NULL, factor));
    return net;
}

static bpb_train_options options_of(const struct run *run)
{
    bpb_train_options options = run->options;
    options.epochs = 5;
    options.seed = 3;
    options.lambda_1 = 0.1;
    options.dropout = 0.1;
    options.checkpoint.path = copy_of(run->name);
    options.checkpoint.resume = 1;
    return options;
}

/* What the uninterrupted run of version 0.4 saved; its bits are those of some kernels alone. */
static void assert_as_saved(const bpbf_net *net, const char *name)
{
    char path[4096];
    bpbf_net *saved = NULL;
    snprintf(path, sizeof path, "%s/0.4/%s.safetensors", FIXTURES, name);
    const bpb_status status = bpbf_net_load(&saved, path, NULL);
    if (status == BPB_ERR_UNSUPPORTED)
        return;
    assert_ok(status);
    const size_t P = bpbf_net_parameters(saved);
    long double *want = widen(P, bpbf_net_ctheta(saved));
    assert_int_equal(bpbf_net_parameters(net), P);
    assert_reals_close(name, P, bpbf_net_ctheta(net), want, largest(P, want), 1e-4);
    free(want);
    bpbf_net_destroy(&saved);
}

static void checkpoint_of_0_4__is_resumed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        const bpb_train_options options = options_of(&runs[i]);
        bpb_train_report report;
        bpbf_net *net = new_net();
        const bpb_status status = bpbf_train(net, &data, &options, &report);
        if (status)
            fail_msg("%s: %s", runs[i].name, bpb_error());
        assert_int_equal(report.last.epoch, 5);
        assert_as_saved(net, runs[i].name);
        bpbf_net_destroy(&net);
    }
}

/* And refused by a run with another method, which is told. */
static void checkpoint_of_0_4__of_another_method__is_refused(void **state)
{
    (void)state;
    static const struct {
        struct run run;
        const char *sentence;
    } wrong[] = {
        {{"amsgrad", {.method = BPB_ADAM}},
         "the checkpoint is of a run with tuning.amsgrad 1, not 0"},
        {{"adam", {.method = BPB_ADAM, .tuning = {.amsgrad = 1}}},
         "the checkpoint is of a run with tuning.amsgrad 0, not 1"},
        {{"adamw", {.method = BPB_ADAM}}, "the checkpoint is of a run with decoupled 1, not 0"},
        {{"adamw", {.method = BPB_ADAM, .decoupled = 1, .lambda = 0.6}},
         "the checkpoint is of a run with lambda 0, not 0.6"},
        {{"irprop+", {.method = BPB_IRPROP_MINUS}},
         "the checkpoint is of a run with method irprop+, not irprop-"},
        {{"sgd", {.method = BPB_MOMENTUM}},
         "the checkpoint is of a run with method sgd, not momentum"},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const bpb_train_options options = options_of(&wrong[i].run);
        char sentence[4800];
        bpbf_net *net = new_net();
        snprintf(sentence, sizeof sentence, "%s: %s", wrong[i].sentence, options.checkpoint.path);
        assert_int_equal(bpbf_train(net, &data, &options, NULL), BPB_ERR_MISMATCH);
        assert_string_equal(bpb_error(), sentence);
        bpbf_net_destroy(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint_of_0_4__is_resumed),
        cmocka_unit_test(checkpoint_of_0_4__of_another_method__is_refused),
    };
    return cmocka_run_group_tests(tests, prepare, tidy_up);
}
