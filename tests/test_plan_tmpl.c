/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: what they list, that every kernel they might choose is right, and what they promise. */
#include "outcome_tmpl.h"

extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

enum { TEXT = 4096 };

static const size_t tiny[] = {7, 5, 3}, odd[] = {33, 70, 29, 10}, large[] = {410, 490, 11};
static const struct net_and_batch {
    bpb_net_options net;
    size_t B, cols;
} nets[] = {
    {{.sizes = tiny, .n_sizes = 3}, 9, 77},
    {{.sizes = odd,
      .n_sizes = 4,
      .hidden = BPB_TANH,
      .output = BPB_SOFTMAX,
      .loss = BPB_CROSS_ENTROPY},
     37,
     165},
    {{.sizes = large, .n_sizes = 3, .loss = BPB_CROSS_ENTROPY}, 71, 71},
};
static const char *const products[] = {"forward", "delta", "gradient", "predict"};

static struct subject make(const struct net_and_batch *net)
{
    return make_subject(&net->net, net->cols);
}

static plan_t *make_plan(const struct subject *s, const bpb_plan_options *options)
{
    plan_t *plan = NULL;
    assert_ok(BPB(plan_create)(&plan, s->net, options));
    return plan;
}

/* ---- Entries ---- */

static void assert_shape(const bpb_plan_choice *entry, const struct net_and_batch *net)
{
    const size_t n_in = net->net.sizes[entry->layer - 1], n_out = net->net.sizes[entry->layer];
    const bool delta = strcmp(entry->product, "delta") == 0;
    const bool gradient = strcmp(entry->product, "gradient") == 0;
    assert_int_equal(entry->m, delta ? n_in : n_out);
    assert_int_equal(entry->k, gradient ? net->B : delta ? n_out : n_in);
    if (strcmp(entry->product, "predict") == 0)
        assert_true(entry->n >= net->B);
    else
        assert_int_equal(entry->n, gradient ? n_in : net->B);
}

/* How many entries of this product of a layer are chosen. */
static size_t count_chosen(const plan_t *plan, const char *product, size_t layer)
{
    bpb_plan_choice entry;
    size_t count = 0;
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        count += entry.chosen && entry.layer == layer && strcmp(entry.product, product) == 0;
    return count;
}

/* Every product of a pass; the first layer has no delta to hand on. */
static void assert_one_chosen(const plan_t *plan, size_t n_layers)
{
    for (size_t l = 1; l <= n_layers; l++)
        for (size_t p = 0; p < COUNT(products); p++)
            if (l > 1 || strcmp(products[p], "delta") != 0)
                assert_int_equal(count_chosen(plan, products[p], l), 1);
}

static void check_entries(const struct net_and_batch *net, bpb_planning planning, int unpadded)
{
    struct subject s = make(net);
    plan_t *plan = make_plan(
        &s, &(bpb_plan_options){.batch = net->B, .planning = planning, .unpadded = unpadded});
    bpb_plan_choice entry;
    for (size_t i = 0; next_entry(plan, i, &entry); i++) {
        assert_in_range(entry.layer, 1, net->net.n_sizes - 1);
        assert_shape(&entry, net);
        assert_true(entry.seconds == 0);
    }
    assert_one_chosen(plan, net->net.n_sizes - 1);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

static void plan_entry__lists_each_product_with_one_kernel_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++)
        for (int unpadded = 0; unpadded <= 1; unpadded++) {
            check_entries(&nets[i], BPB_PLAN_ESTIMATE, unpadded);
            check_entries(&nets[i], BPB_PLAN_CBLAS, unpadded);
        }
}

static void plan_entry__beyond_the_last_leaves_it_alone(void **state)
{
    (void)state;
    struct subject s = make(&nets[0]);
    plan_t *plan = make_plan(&s, NULL);
    bpb_plan_choice entry = {.layer = 99};
    assert_int_equal(BPB(plan_entry)(plan, 1000, &entry), BPB_ERR_SIZE);
    assert_int_equal(BPB(plan_entry)(plan, SIZE_MAX, &entry), BPB_ERR_SIZE);
    assert_int_equal(entry.layer, 99);
    assert_int_equal(BPB(plan_entry)(plan, 0, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(plan_entry)(NULL, 0, &entry), BPB_ERR_NULL);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

/* ---- Every kernel for every product ---- */

static void assert_chosen(const plan_t *plan, const char *product, const char *kernel)
{
    bpb_plan_choice entry;
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        if (strcmp(entry.product, product) == 0)
            assert_int_equal(entry.chosen, strcmp(entry.kernel, kernel) == 0);
}

/* Predict of a padded plan wants a kernel that keeps its promise. The BLAS as it is does not. */
static bool may_be_refused(const char *product, const char *kernel, int unpadded)
{
    const bool own = strcmp(kernel, "tiles") == 0 || strcmp(kernel, "packed") == 0;
    return !unpadded && strcmp(product, "predict") == 0 && !own;
}

static void check_kernel(const struct subject *s, const struct outcome *want, size_t B,
                         int unpadded, const char *product, const char *kernel)
{
    char text[TEXT], what[64];
    plan_t *plan = make_plan(s, &(bpb_plan_options){.batch = B, .unpadded = unpadded});
    force_kernel(plan, product, kernel, text, sizeof text);
    BPB(plan_destroy)(&plan);
    const bpb_plan_options options = {.batch = B, .unpadded = unpadded, .wisdom = text};
    const bpb_status status = BPB(plan_create)(&plan, s->net, &options);
    if (status == BPB_ERR_FORMAT && may_be_refused(product, kernel, unpadded)) {
        assert_null(plan);
        return;
    }
    assert_ok(status);
    assert_chosen(plan, product, kernel);
    struct outcome got = outcome_of(s, plan, B);
    snprintf(what, sizeof what, "%s %s", product, kernel);
    assert_close_outcome(s, what, &got, want);
    free_outcome(&got);
    BPB(plan_destroy)(&plan);
}

static void check_kernels(const struct net_and_batch *net, int unpadded)
{
    static const char *const kernels[] = {"cblas", "cblas-transposed", "tiles", "packed"};
    struct subject s = make(net);
    const bpb_plan_options blas = {
        .batch = net->B, .unpadded = unpadded, .planning = BPB_PLAN_CBLAS};
    plan_t *plan = make_plan(&s, &blas);
    struct outcome want = outcome_of(&s, plan, net->B);
    for (size_t p = 0; p < COUNT(products); p++)
        for (size_t k = 0; k < COUNT(kernels); k++)
            if (plan_lists(plan, products[p], kernels[k]))
                check_kernel(&s, &want, net->B, unpadded, products[p], kernels[k]);
    free_outcome(&want);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

static void every_kernel__agrees_with_the_blas(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++)
        for (int unpadded = 0; unpadded <= 1; unpadded++)
            check_kernels(&nets[i], unpadded);
}

static void predict__refuses_a_kernel_without_its_promise(void **state)
{
    (void)state;
    struct subject s = make(&nets[1]);
    plan_t *plan = make_plan(&s, NULL);
    char text[TEXT];
    force_kernel(plan, "predict", "cblas", text, sizeof text);
    BPB(plan_destroy)(&plan);
    bpb_plan_options options = {.wisdom = text};
    assert_int_equal(BPB(plan_create)(&plan, s.net, &options), BPB_ERR_FORMAT);
    assert_null(plan);
    free_subject(&s);
}

/* cblas for all, except for the one that predict may have; tiles or packed on a CPU with AVX2. */
static void planning__chooses_as_it_says(void **state)
{
    (void)state;
    struct subject s = make(&nets[2]);
    bpb_plan_choice entry;
    for (int blas = 0; blas <= 1; blas++) {
        plan_t *plan = make_plan(
            &s, &(bpb_plan_options){.planning = blas ? BPB_PLAN_CBLAS : BPB_PLAN_ESTIMATE});
        const bool own = !blas && plan_lists(plan, NULL, "tiles");
        for (size_t i = 0; next_entry(plan, i, &entry); i++)
            if (entry.chosen)
                assert_int_equal(strncmp(entry.kernel, "cblas", 5) != 0, own);
        BPB(plan_destroy)(&plan);
    }
    free_subject(&s);
}

/* ---- The estimate ---- */

static char *estimate_of(const struct subject *s, size_t B, size_t threads)
{
    plan_t *plan = make_plan(s, &(bpb_plan_options){.batch = B, .threads = threads});
    char *text = wisdom_of(plan);
    BPB(plan_destroy)(&plan);
    return text;
}

static void set_blas_threads(int threads)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(threads);
}

static void estimate__depends_on_no_threads(void **state)
{
    (void)state;
    const int before = openblas_get_num_threads ? openblas_get_num_threads() : 1;
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct subject s = make(&nets[i]);
        char *want = estimate_of(&s, nets[i].B, 0);
        for (size_t threads = 1; threads <= 4; threads++) {
            set_blas_threads(1 + (int)threads % 2);
            char *text = estimate_of(&s, nets[i].B, threads);
            assert_string_equal(text, want);
            free(text);
        }
        free(want);
        free_subject(&s);
    }
    set_blas_threads(before);
}

/* ---- The measurement ---- */

/* The chosen kernel took least of those that this product may have. */
static void assert_fastest(const plan_t *plan, const bpb_plan_choice *chosen)
{
    bpb_plan_choice entry;
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        if (entry.layer == chosen->layer && strcmp(entry.product, chosen->product) == 0 &&
            !may_be_refused(entry.product, entry.kernel, 0))
            assert_true(chosen->seconds <= entry.seconds);
}

static void assert_measured(const plan_t *plan, size_t n_layers)
{
    bpb_plan_choice entry;
    for (size_t i = 0; next_entry(plan, i, &entry); i++) {
        assert_true(entry.seconds > 0 && entry.seconds < 10);
        if (entry.chosen)
            assert_fastest(plan, &entry);
    }
    assert_one_chosen(plan, n_layers);
}

static void measure__times_all_and_takes_the_fastest(void **state)
{
    (void)state;
    const struct net_and_batch *net = &nets[1];
    struct subject s = make(net);
    plan_t *plan =
        make_plan(&s, &(bpb_plan_options){.batch = net->B, .planning = BPB_PLAN_MEASURE});
    assert_measured(plan, net->net.n_sizes - 1);
    struct outcome got = outcome_of(&s, plan, net->B);
    struct outcome want = outcome_with(&s, &(bpb_plan_options){.batch = net->B}, net->B);
    assert_close_outcome(&s, "measured", &got, &want);
    char *text = wisdom_of(plan);
    struct outcome again =
        outcome_with(&s, &(bpb_plan_options){.batch = net->B, .wisdom = text}, net->B);
    assert_same_outcome(&s, &again, &got);
    free(text);
    free_outcome(&got);
    free_outcome(&want);
    free_outcome(&again);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

/* A wisdom cannot tell layers of one shape apart, and so they must have the same kernels. */
static void measure__decides_once_for_equal_products(void **state)
{
    (void)state;
    static const size_t units[] = {24, 24, 24, 24, 24, 24, 24, 24, 24};
    struct subject s = make_subject(&(bpb_net_options){.sizes = units, .n_sizes = 9}, 4);
    plan_t *plan = make_plan(&s, &(bpb_plan_options){.batch = 24, .planning = BPB_PLAN_MEASURE});
    bpb_plan_choice a, b;
    for (size_t i = 0; next_entry(plan, i, &a); i++)
        for (size_t j = 0; j < i && next_entry(plan, j, &b); j++)
            if (strcmp(a.product, b.product) == 0 && strcmp(a.kernel, b.kernel) == 0)
                assert_int_equal(a.chosen, b.chosen);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

/* ---- Predict by blocks ---- */

static void predict_by(const struct subject *s, work_t *work, size_t block, real *Y)
{
    for (size_t first = 0, cols; first < s->cols; first += cols) {
        cols = s->cols - first < block ? s->cols - first : block;
        const out_t part = BPB(samples_out)(Y + first * s->n_out, cols, s->n_out);
        assert_ok(BPB(predict_with)(s->net, work, X_of(s, first, cols), part, NULL));
    }
}

static void check_blocks(const struct subject *s, const bpb_plan_options *options, const real *want)
{
    const size_t blocks[] = {1, 2, 7, 63, 64, 65, s->cols};
    real *Y = make_reals(s->n_out * s->cols);
    plan_t *plan = make_plan(s, options);
    work_t *work = NULL;
    assert_ok(BPB(work_create)(&work, plan));
    for (size_t i = 0; i < COUNT(blocks); i++) {
        predict_by(s, work, blocks[i], Y);
        assert_same_bits(s->n_out * s->cols, Y, want);
    }
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    free(Y);
}

static void check_predictions(const struct subject *s, bpb_planning planning, real *want)
{
    static const size_t batches[] = {1, 10, 64, 100, 128};
    for (size_t i = 0; i < COUNT(batches); i++)
        check_blocks(s, &(bpb_plan_options){.batch = batches[i], .planning = planning}, want);
}

static void predict__gives_a_column_its_bits_in_any_block(void **state)
{
    (void)state;
    for (size_t i = 1; i < COUNT(nets); i++) {
        struct subject s = make(&nets[i]);
        real *want = make_reals(s.n_out * s.cols);
        const out_t all = BPB(samples_out)(want, s.cols, s.n_out);
        assert_ok(BPB(predict)(s.net, X_of(&s, 0, s.cols), all, NULL));
        check_predictions(&s, BPB_PLAN_ESTIMATE, want);
        struct outcome blas =
            outcome_with(&s, &(bpb_plan_options){.planning = BPB_PLAN_CBLAS}, 4);
        check_predictions(&s, BPB_PLAN_CBLAS, blas.predicted);
        free_outcome(&blas);
        free(want);
        free_subject(&s);
    }
}

/* Own kernels forward and back, but the BLAS by panels in predict. */
static void predict__by_panels_beside_own_kernels(void **state)
{
    (void)state;
    static const size_t units[] = {5, 3, 2};
    struct subject s = make_subject(&(bpb_net_options){.sizes = units, .n_sizes = 3}, 2000);
    char text[TEXT];
    bpb_plan_options options = {.batch = 2000, .planning = BPB_PLAN_CBLAS};
    plan_t *plan = make_plan(&s, &options);
    struct outcome want = outcome_of(&s, plan, 2000);
    force_kernel(plan, "forward", "tiles", text, sizeof text);
    force_kernel(plan, "delta", "tiles", text + strlen(text), sizeof text - strlen(text));
    options.wisdom = text;
    struct outcome got = outcome_with(&s, &options, 2000);
    assert_same_bits(s.n_out * s.cols, got.predicted, want.predicted);
    assert_close_outcome(&s, "mixed", &got, &want);
    free_outcome(&want);
    free_outcome(&got);
    BPB(plan_destroy)(&plan);
    free_subject(&s);
}

/* ---- A work with a plan of its own ---- */

static void work_create_for__has_the_plan_of_its_options(void **state)
{
    (void)state;
    const bpb_plan_options options[] = {
        {.batch = 37}, {.batch = 37, .threads = 2}, {.batch = 37, .planning = BPB_PLAN_CBLAS}};
    struct subject s = make(&nets[1]);
    real *want = make_reals(s.n_out * 37), *got = make_reals(s.n_out * 37);
    for (size_t i = 0; i < COUNT(options); i++) {
        plan_t *plan = make_plan(&s, &options[i]);
        work_t *work = NULL, *own = NULL;
        assert_ok(BPB(work_create)(&work, plan));
        assert_ok(BPB(work_create_for)(&own, s.net, &options[i]));
        assert_ok(BPB(forward)(s.net, work, X_of(&s, 0, 37), BPB(samples_out)(want, 37, s.n_out)));
        BPB(work_destroy)(&work);
        BPB(plan_destroy)(&plan);
        assert_ok(BPB(forward)(s.net, own, X_of(&s, 0, 37), BPB(samples_out)(got, 37, s.n_out)));
        assert_same_bits(s.n_out * 37, got, want);
        assert_int_equal(
            BPB(forward)(s.net, own, X_of(&s, 0, 38), BPB(samples_out)(got, 38, s.n_out)),
            BPB_ERR_BATCH);
        assert_string_equal(bpb_error(), "X has 38 columns; the plan's batch is 37");
        BPB(work_destroy)(&own);
        assert_null(own);
    }
    free(want);
    free(got);
    free_subject(&s);
}

static void work_create_for__refuses_as_a_plan_does(void **state)
{
    (void)state;
    const struct {
        bpb_plan_options options;
        bpb_status status;
        const char *says;
    } cases[] = {
        {{.batch = (size_t)1 << 31}, BPB_ERR_SIZE, "batch is 2147483648; it must be at most "},
        {{.threads = 1025}, BPB_ERR_OPTION, "threads is 1025; it must be at most 1024"},
        {{.keep_Z = 2}, BPB_ERR_OPTION, "keep_Z is 2; it must be 0 or 1"},
        {{.dropout = 1}, BPB_ERR_OPTION, "dropout is 1; "},
        {{.wisdom = "none"}, BPB_ERR_FORMAT, "wisdom "},
    };
    struct subject s = make(&nets[0]);
    work_t *const before = (work_t *)&s;
    for (size_t i = 0; i < COUNT(cases); i++) {
        work_t *work = before;
        assert_int_equal(BPB(work_create_for)(&work, s.net, &cases[i].options), cases[i].status);
        if (strncmp(bpb_error(), cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("\"%s\", not \"%s\"", bpb_error(), cases[i].says);
        assert_ptr_equal(work, before);
    }
    free_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_entry__lists_each_product_with_one_kernel_chosen),
        cmocka_unit_test(plan_entry__beyond_the_last_leaves_it_alone),
        cmocka_unit_test(every_kernel__agrees_with_the_blas),
        cmocka_unit_test(predict__refuses_a_kernel_without_its_promise),
        cmocka_unit_test(planning__chooses_as_it_says),
        cmocka_unit_test(estimate__depends_on_no_threads),
        cmocka_unit_test(measure__times_all_and_takes_the_fastest),
        cmocka_unit_test(measure__decides_once_for_equal_products),
        cmocka_unit_test(predict__gives_a_column_its_bits_in_any_block),
        cmocka_unit_test(predict__by_panels_beside_own_kernels),
        cmocka_unit_test(work_create_for__has_the_plan_of_its_options),
        cmocka_unit_test(work_create_for__refuses_as_a_plan_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
