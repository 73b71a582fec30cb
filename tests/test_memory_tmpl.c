/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every allocation of the library made to fail in turn: BPB_ERR_MEMORY, nothing written, nothing
 * lost, and the next call works. And what says that it does not allocate does not.
 *
 * To be linked with the static library and --wrap for each of the functions below, so that the
 * library's calls come here, and those of the libraries beneath it do not.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support_tmpl.h"

/* ---- Allocations ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *memory, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
char *__real_strdup(const char *text);
char *__real_realpath(const char *path, char *resolved);
void __real_free(void *memory);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *memory, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
char *__wrap_strdup(const char *text);
char *__wrap_realpath(const char *path, char *resolved);
void __wrap_free(void *memory);

#define NEVER SIZE_MAX
static size_t allocations;      /* so far */
static size_t failing = NEVER;  /* the one to fail */
static void *live[1024];        /* what has not been freed */

static size_t count_live(void)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT(live); i++)
        count += live[i] != NULL;
    return count;
}

/* Put new in the place of old; of what is not known, nothing. */
static void replace(const void *old, void *new)
{
    for (size_t i = 0; i < COUNT(live); i++) {
        if (live[i] == old) {
            live[i] = new;
            return;
        }
    }
    assert_true(old); /* the list is full */
}

static bool fails(void)
{
    if (allocations++ != failing)
        return false;
    errno = ENOMEM;
    return true;
}

static void *made(void *memory)
{
    if (memory)
        replace(NULL, memory);
    return memory;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : made(__real_malloc(n));
}

void *__wrap_calloc(size_t count, size_t n)
{
    return fails() ? NULL : made(__real_calloc(count, n));
}

void *__wrap_realloc(void *memory, size_t n)
{
    void *grown = fails() ? NULL : __real_realloc(memory, n);
    if (grown)
        replace(memory, grown);
    return grown;
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : made(__real_aligned_alloc(alignment, n));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : made(__real_strdup(text));
}

char *__wrap_realpath(const char *path, char *resolved)
{
    return fails() ? NULL : made(__real_realpath(path, resolved));
}

void __wrap_free(void *memory)
{
    if (memory)
        replace(memory, NULL);
    __real_free(memory);
}

/* ---- What the calls work on ---- */

enum { N_IN = 3, N_HIDDEN = 4, N_OUT = 2, COLS = 70, P = 26 };
enum { IDX_BYTES = 40000, NPY_VALUES = 30000 };

static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};
static const bpb_net_options net_options = {.sizes = units, .n_sizes = 3};
static const bpb_net_options plain_options = {.sizes = (const size_t[]){60, 9}, .n_sizes = 2};
static const real x_values[N_IN * COLS] = {1, 2, 3}, t_values[N_OUT * COLS] = {1, 0, 0, 1},
                  j_values[N_IN * N_OUT * COLS] = {1, 2, 3};
static const real npy_values[NPY_VALUES] = {1, 2, 3}; /* more bytes than are read at first */
static const double shift[N_IN] = {1, 2, 3}, factor[N_IN] = {4, 5, 6};
static const bpb_sgd_rule rule = {.eta = 0.5};
static const bpb_moments moments[N_IN] = {{2, 1, 1}, {2, 1, 2}, {3, 2, 1}};

static struct machine m;
static net_t *plain; /* for network2.py: without scaling, and with a text that grows */
static real theta[P];
static char model_path[80], own_path[80], idx_path[80], csv_path[80], npy_path[80], json_path[80];
static char names_path[80];
static char folder[64];
static unsigned char model[8192];
static size_t model_bytes;
/* The same of a net with functions of one's own, scaling and notes. */
static net_t *own_net;
static unsigned char own_model[8192];
static bpb_whitening *whitening; /* of N_IN rows */
static bool is_solved;           /* with LAPACK */
static size_t own_bytes;

/* Where the calls write to. */
static struct outputs {
    net_t *net;
    plan_t *plan;
    work_t *work;
    objective_t *objective;
    bpb_whitening *whitening;
    out_t X;
    char **names;
    size_t n_names;
    mapped_t *mapped;
    real Y[N_OUT * COLS], gradient[P], J[N_IN * N_OUT * COLS];
    double loss;
    bpb_score score;
    bpb_train_report report;
    bpb_where where;
    size_t bytes;
    unsigned char flags[COLS], file[sizeof model];
} out, pattern;

static view_t X(void)
{
    return BPB(samples)(x_values, COLS, N_IN);
}
static targets_t T(void)
{
    return BPB(values)(BPB(samples)(t_values, COLS, N_OUT));
}
static out_t Y(void)
{
    return BPB(samples_out)(out.Y, COLS, N_OUT);
}

static bpb_status train(size_t epochs)
{
    const set_t set = {.X = X(), .T = T()};
    const data_t data = {set, set, set};
    const bpb_train_options options = {.eta = 0.5, .lambda = 0.1, .batch = 16, .epochs = epochs};
    return BPB(train)(m.net, &data, &options, &out.report);
}

static bpb_status create_net(void)
{
    return BPB(net_create)(&out.net, &net_options);
}
static bpb_status create_orthogonal(void)
{
    bpb_net_options options = net_options;
    options.init = BPB_INIT_ORTHOGONAL;
    return BPB(net_create)(&out.net, &options);
}
static bpb_status init_orthogonal(void)
{
    return BPB(net_init)(m.net, BPB_INIT_ORTHOGONAL, 1);
}
static bpb_status create_plan(void)
{
    return BPB(plan_create)(&out.plan, m.net, NULL);
}
static bpb_status create_work(void)
{
    return BPB(work_create)(&out.work, m.plan);
}
static bpb_status create_work_for(void)
{
    return BPB(work_create_for)(&out.work, m.net, NULL);
}
static bpb_status set_input_scaling(void)
{
    return BPB(net_set_scaling)(m.net, BPB_INPUTS, factor, shift);
}
static bpb_status set_output_scaling(void)
{
    return BPB(net_set_scaling)(m.net, BPB_OUTPUTS, shift, NULL);
}
static bpb_status standardise(void)
{
    return BPB(net_standardise_by)(m.net, moments, moments);
}
static bpb_status create_whitening(void)
{
    return bpb_whitening_create(&out.whitening, N_IN);
}
static bpb_status solve_whitening(void)
{
    return bpb_whitening_solve(whitening, NULL);
}
static bpb_status apply_whitening(void)
{
    if (!is_solved)
        return BPB_ERR_UNSUPPORTED;
    return BPB(whitening_apply)(whitening, X(), BPB(samples_out)(out.J, COLS, N_IN));
}
static bpb_status fold_whitening(void)
{
    if (!is_solved)
        return BPB_ERR_UNSUPPORTED;
    return BPB(whitening_fold)(&out.net, whitening, own_net);
}
static bpb_status add_note(void)
{
    return BPB(net_set_note)(m.net, "colour", "red");
}
static bpb_status replace_note(void)
{
    return BPB(net_set_note)(m.net, "unit", "a longer value");
}
static bpb_status predict(void)
{
    return BPB(predict)(m.net, X(), Y(), NULL);
}
static bpb_status evaluate(void)
{
    return BPB(evaluate)(m.net, X(), T(), &out.score, NULL);
}
static bpb_status train_twice(void)
{
    return train(2);
}
static bpb_status read_idx(void)
{
    return BPB(idx_read)(&out.X, idx_path, &out.where);
}
static bpb_status read_csv(void)
{
    return BPB(csv_read)(&out.X, csv_path, &out.where);
}
static bpb_status read_names(void)
{
    return bpb_csv_names(&out.names, &out.n_names, names_path);
}
static bpb_status read_labels(void)
{
    return BPB(csv_read_labels)(&out.X, names_path, NULL, &out.names, &out.n_names, &out.where);
}
static bpb_status map_files(void)
{
    mapped_t *mapped = NULL;
    const bpb_status status = BPB(mapped_open)(&mapped, idx_path, idx_path, 0);
    if (status)
        return status;
    source_t source;
    bpb_status sources = BPB(mapped_source)(mapped, 0, 2, &source);
    if (!sources)
        sources = BPB(mapped_source)(mapped, 1, 2, &source);
    if (!sources)
        out.mapped = mapped;
    else
        BPB(mapped_close)(&mapped);
    return sources;
}
/* Written by the next. */
static bpb_status read_npy(void)
{
    return BPB(npy_read)(&out.X, npy_path, &out.where);
}
static bpb_status write_npy(void)
{
    return BPB(npy_write)(BPB(samples)(npy_values, 10, NPY_VALUES / 10), npy_path);
}
static bpb_status save_network2(void)
{
    return BPB(net_save_network2)(plain, json_path);
}
static bpb_status load_network2(void)
{
    return BPB(net_load_network2)(&out.net, json_path);
}
static bpb_status save(void)
{
    return BPB(net_save)(m.net, model_path);
}
static bpb_status load(void)
{
    return BPB(net_load)(&out.net, model_path, NULL);
}
static bpb_status save_memory(void)
{
    return BPB(net_save_memory)(m.net, out.file, sizeof out.file, &out.bytes);
}
static bpb_status load_memory(void)
{
    return BPB(net_load_memory)(&out.net, model, model_bytes, NULL);
}
/* ---- Functions of one's own, on a copy of the net: what is set stays ---- */

static void own_f(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    memmove(a, z, n * sizeof *a);
}
static void own_e(const void *context, size_t n, const real *a, const real *t, real *e)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        e[i] = a[i] - t[i];
}
static const activation_function_t own_g = {.name = "mine", .f = own_f};
static const loss_function_t own_loss = {.name = "error", .f = own_e};
static const functions_t functions = {&own_g, 1, &own_loss, 1};

static bpb_status set_activation_of(net_t *net)
{
    return BPB(net_set_activation)(net, 1, &own_g);
}
static bpb_status set_loss_of(net_t *net)
{
    return BPB(net_set_loss)(net, &own_loss);
}

/* A copy, which is changed, handed out; a refused change leaves the library's functions. */
static bpb_status change_copy(bpb_status (*change)(net_t *net))
{
    net_t *copy = NULL;
    bpb_status status = BPB(net_copy)(&copy, m.net);
    if (!status)
        status = change(copy);
    if (!status) {
        out.net = copy;
        return BPB_OK;
    }
    if (copy) {
        assert_string_equal(BPB(net_layer)(copy, 1).name, "sigmoid");
        assert_string_equal(BPB(net_loss)(copy).name, "squared");
    }
    BPB(net_destroy)(&copy);
    return status;
}
static bpb_status set_activation(void)
{
    return change_copy(set_activation_of);
}
static bpb_status set_loss(void)
{
    return change_copy(set_loss_of);
}
static bpb_status copy(void)
{
    return BPB(net_copy)(&out.net, own_net);
}
static bpb_status load_own(void)
{
    if (model_bytes == 0)
        return BPB_ERR_UNSUPPORTED; /* there is no such file */
    return BPB(net_load)(&out.net, own_path, &functions);
}
static bpb_status load_own_memory(void)
{
    return BPB(net_load_memory)(&out.net, own_model, own_bytes, &functions);
}
static bpb_status create_objective(void)
{
    return BPB(objective_create)(&out.objective, own_net, X(), T(), NULL);
}
static bpb_status precision(void)
{
    return bpb_model_precision(model_path, &out.bytes);
}

/* ---- What a failed call leaves as it was ---- */

static void fill_outputs(void)
{
    memset(&pattern, 0xa5, sizeof pattern);
    memcpy(&out, &pattern, sizeof out);
}

static bool is_filled(const void *member, size_t n)
{
    return memcmp(member, &pattern, n) == 0;
}

/* Free what a call that worked has made. */
static void free_outputs(void)
{
    if (!is_filled(&out.net, sizeof out.net))
        BPB(net_destroy)(&out.net);
    if (!is_filled(&out.plan, sizeof out.plan))
        BPB(plan_destroy)(&out.plan);
    if (!is_filled(&out.work, sizeof out.work))
        BPB(work_destroy)(&out.work);
    if (!is_filled(&out.objective, sizeof out.objective))
        BPB(objective_destroy)(&out.objective);
    if (!is_filled(&out.whitening, sizeof out.whitening))
        bpb_whitening_destroy(&out.whitening);
    if (!is_filled(&out.X.data, sizeof out.X.data))
        bpb_free(out.X.data);
    if (!is_filled(&out.names, sizeof out.names))
        bpb_free(out.names);
    if (!is_filled(&out.mapped, sizeof out.mapped))
        BPB(mapped_close)(&out.mapped);
}

/* As the net is before every call. */
static void reset_net(void)
{
    memcpy(BPB(net_theta)(m.net), theta, sizeof theta);
    assert_ok(BPB(net_set_scaling)(m.net, BPB_INPUTS, shift, factor));
    assert_ok(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, NULL, NULL));
    assert_ok(BPB(net_set_note)(m.net, "colour", NULL));
    assert_ok(BPB(net_set_note)(m.net, "unit", "mm"));
}

static void assert_net_is_reset(void)
{
    const double *scaling = BPB(net_scaling)(m.net, BPB_INPUTS);
    assert_memory_equal(BPB(net_ctheta)(m.net), theta, sizeof theta);
    assert_memory_equal(scaling, shift, sizeof shift);
    assert_memory_equal(scaling + N_IN, factor, sizeof factor);
    assert_null(BPB(net_scaling)(m.net, BPB_OUTPUTS));
    assert_string_equal(BPB(net_note)(m.net, "unit"), "mm");
    assert_null(BPB(net_note_key)(m.net, 1));
}

/* The model file is as it was saved; that no other file is left, tear_down sees. */
static void assert_files_are_kept(void)
{
    unsigned char content[sizeof model + 1];
    FILE *file = fopen(model_path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(content, 1, sizeof content, file), model_bytes);
    fclose(file);
    assert_memory_equal(content, model, model_bytes);
}

/* ---- Tests ---- */

/* How many allocations a call makes that works; NEVER where this build cannot do it. */
static size_t count_allocations(bpb_status (*call)(void))
{
    const size_t before = allocations, live_before = count_live();
    fill_outputs();
    const bpb_status status = call();
    const size_t count = allocations - before;
    free_outputs();
    reset_net();
    assert_int_equal(count_live(), live_before);
    if (status == BPB_ERR_UNSUPPORTED)
        return NEVER;
    assert_ok(status);
    assert_true(count > 0);
    return count;
}

static void fail_allocation(bpb_status (*call)(void), size_t k)
{
    const size_t before = count_live();
    fill_outputs();
    failing = allocations + k;
    const bpb_status status = call();
    failing = NEVER;
    assert_int_equal(status, BPB_ERR_MEMORY);
    assert_int_equal(count_live(), before);
    assert_true(is_filled(&out, sizeof out));
    assert_net_is_reset();
    assert_files_are_kept();
}

struct operation {
    const char *name;
    bpb_status (*call)(void);
};

static void allocation_failure__is_told_and_harmless(void **state)
{
    const struct operation *operation = *state;
    const size_t count = count_allocations(operation->call);
    if (count == NEVER)
        skip();
    for (size_t k = 0; k < count; k++)
        fail_allocation(operation->call, k);
    assert_int_equal(count_allocations(operation->call), count);
}

static const struct operation operations[] = {
    {"net_create__out_of_memory", create_net},
    {"net_create__out_of_memory_for_orthogonal_weights", create_orthogonal},
    {"net_init__out_of_memory_for_orthogonal_weights", init_orthogonal},
    {"plan_create__out_of_memory", create_plan},
    {"work_create__out_of_memory", create_work},
    {"work_create_for__out_of_memory", create_work_for},
    {"set_input_scaling__out_of_memory", set_input_scaling},
    {"set_output_scaling__out_of_memory", set_output_scaling},
    {"standardise_by__out_of_memory", standardise},
    {"whitening_create__out_of_memory", create_whitening},
    {"whitening_solve__out_of_memory", solve_whitening},
    {"whitening_apply__out_of_memory", apply_whitening},
    {"whitening_fold__out_of_memory", fold_whitening},
    {"set_note__out_of_memory_adding", add_note},
    {"set_note__out_of_memory_replacing", replace_note},
    {"predict__out_of_memory", predict},
    {"evaluate__out_of_memory", evaluate},
    {"train__out_of_memory", train_twice},
    {"idx_read__out_of_memory", read_idx},
    {"csv_read__out_of_memory", read_csv},
    {"csv_names__out_of_memory", read_names},
    {"csv_read_labels__out_of_memory", read_labels},
    {"mapped_open__out_of_memory", map_files},
    {"npy_read__out_of_memory", read_npy},
    {"npy_write__out_of_memory", write_npy},
    {"save_network2__out_of_memory", save_network2},
    {"load_network2__out_of_memory", load_network2},
    {"save__out_of_memory", save},
    {"load__out_of_memory", load},
    {"save_memory__out_of_memory", save_memory},
    {"load_memory__out_of_memory", load_memory},
    {"model_precision__out_of_memory", precision},
    {"set_activation__out_of_memory", set_activation},
    {"set_loss__out_of_memory", set_loss},
    {"copy__out_of_memory", copy},
    {"load_own__out_of_memory", load_own},
    {"load_own_memory__out_of_memory", load_own_memory},
    {"objective_create__out_of_memory", create_objective},
};

static void save__out_of_memory_leaves_no_new_file(void **state)
{
    (void)state;
    if (model_bytes == 0)
        skip();
    char path[96];
    snprintf(path, sizeof path, "%s/new", folder);
    bpb_status status = BPB_ERR_MEMORY;
    for (size_t k = 0; status; k++) {
        assert_int_equal(status, BPB_ERR_MEMORY);
        assert_int_equal(access(path, F_OK), -1);
        failing = allocations + k;
        status = BPB(net_save)(m.net, path);
        failing = NEVER;
    }
    assert_int_equal(unlink(path), 0);
}

/* Every pass, with each of its results. */
static void run_passes(void)
{
    bpb_moments gathered[N_IN] = {{0}};
    assert_ok(BPB(forward)(m.net, m.work, X(), Y()));
    assert_ok(BPB(loss)(m.net, m.work, X(), T(), &out.loss));
    assert_ok(BPB(gradient)(m.net, m.work, X(), T(), out.gradient, &out.loss));
    assert_ok(BPB(sgd_step)(m.net, m.work, X(), T(), &rule, &out.loss));
    assert_ok(BPB(predict_with)(m.net, m.work, X(), Y(), out.flags));
    assert_ok(BPB(evaluate_with)(m.net, m.work, X(), T(), &out.score));
    assert_ok(BPB(find_nonfinite)(X(), &out.where));
    assert_ok(BPB(net_init)(m.net, BPB_INIT_NORMAL, 1));
    assert_ok(BPB(moments_add)(gathered, X(), 0));
    assert_ok(bpb_moments_merge(gathered, moments, N_IN));
    assert_ok(BPB(whitening_add)(whitening, X()));
    assert_ok(bpb_whitening_merge(whitening, whitening));
}

/* Every derivative; with H v of an objective too. */
static void run_derivatives(struct machine *d, objective_t *objective)
{
    const view_t J = BPB(samples)(j_values, COLS, N_IN * N_OUT);
    real *v = theta;
    assert_ok(BPB(gradient_x)(d->net, d->work, X(), T(), out.gradient,
                              BPB(samples_out)(out.J, COLS, N_IN), &out.loss));
    assert_ok(BPB(vjp)(d->net, d->work, X(), T().view, out.gradient, (out_t){0}));
    assert_ok(BPB(forward)(d->net, d->work, X(), Y()));
    assert_ok(BPB(vjp_after_forward)(d->net, d->work, T().view, out.gradient, (out_t){0}));
    assert_ok(BPB(jvp)(d->net, d->work, X(), v, X(), (out_t){0}, Y()));
    assert_ok(BPB(jacobian)(d->net, d->work, X(), BPB(samples_out)(out.J, COLS, N_IN * N_OUT)));
    assert_ok(BPB(hvp)(d->net, d->work, X(), T(), v, out.gradient, NULL, &out.loss));
    assert_ok(BPB(gnvp)(d->net, d->work, X(), T(), v, out.gradient));
    assert_ok(BPB(jacobian_vjp)(d->net, d->work, X(), T().view, J, out.gradient));
    assert_ok(BPB(sobolev)(d->net, d->work, X(), T(), BPB(values)(J), 1, out.gradient, &out.loss));
    assert_ok(BPB(objective_gradient)(objective, theta, &out.loss, out.gradient));
    assert_ok(BPB(objective_hvp)(objective, theta, v, out.gradient));
    assert_ok(BPB(objective_gnvp)(objective, theta, v, out.gradient));
}

static void derivatives__allocate_nothing(void **state)
{
    (void)state;
    struct machine d =
        make_machine(&net_options, &(bpb_plan_options){.batch = COLS, .derivatives = 1});
    objective_t *objective = NULL;
    assert_ok(BPB(objective_create)(&objective, d.net, X(), T(), NULL));
    const size_t before = allocations;
    run_derivatives(&d, objective);
    assert_int_equal(allocations, before);
    BPB(objective_destroy)(&objective);
    free_machine(&d);
}

static void passes__allocate_nothing(void **state)
{
    (void)state;
    const size_t before = allocations;
    run_passes();
    assert_int_equal(allocations, before);
    reset_net();
}

static void work_init__allocates_nothing(void **state)
{
    (void)state;
    const size_t bytes = BPB(work_bytes)(m.plan);
    void *memory = allocate(1, bytes);
    const size_t before = allocations;
    assert_ok(BPB(work_init)(&out.work, m.plan, memory, bytes));
    BPB(work_destroy)(&out.work);
    assert_int_equal(allocations, before);
    free(memory);
}

static size_t allocations_of_training(size_t epochs)
{
    const size_t before = allocations;
    assert_ok(train(epochs));
    return allocations - before;
}

static void train__allocates_nothing_after_its_start(void **state)
{
    (void)state;
    const size_t once = allocations_of_training(1);
    assert_true(once > 0);
    assert_int_equal(allocations_of_training(5), once);
    reset_net();
}

/* ---- A run with all that it may have ---- */

enum { MANY = 1100 }; /* columns of a batch, in two parts */

static char run_path[80];

static int read_many(void *user, const size_t *index, size_t B, real *x, real *t)
{
    size_t *calls = user;
    ++*calls;
    for (size_t j = 0; j < B; j++) {
        memcpy(x + j * N_IN, x_values + index[j] % COLS * N_IN, N_IN * sizeof *x);
        memcpy(t + j * N_OUT, t_values + index[j] % COLS * N_OUT, N_OUT * sizeof *t);
    }
    return 0;
}

static bpb_status train_with_all(size_t epochs, size_t *calls)
{
    const source_t source = {MANY, 0, N_OUT, read_many, calls};
    const data_t data = {
        .train.source = &source, .validation.source = &source, .test = {.X = X(), .T = T()}};
    const bpb_train_options options = {.method = BPB_ADAM,
                                       .batch = MANY,
                                       .epochs = epochs,
                                       .dropout = 0.2,
                                       .stop = {.keep_best = 1},
                                       .checkpoint = {.path = run_path, .resume = 1}};
    *calls = 0;
    return BPB(train)(m.net, &data, &options, &out.report);
}

/* The whole of a file to or from it. */
static void put_file(const char *path, const unsigned char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}
static size_t get_file(const char *path, unsigned char *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, capacity, file);
    assert_true(n < capacity);
    assert_int_equal(fclose(file), 0);
    return n;
}

/* Each allocation fails in turn: before the first step the net is untouched, and behind it only
 * the name of a file can fail. How many did. */
static size_t fail_run(const unsigned char *begun, size_t n, size_t epochs)
{
    size_t calls, named = 0;
    bpb_status status = BPB_ERR_MEMORY;
    for (size_t k = 0; status; k++) {
        const size_t before = count_live();
        remove(run_path);
        if (n > 0)
            put_file(run_path, begun, n);
        fill_outputs();
        failing = allocations + k;
        status = train_with_all(epochs, &calls);
        failing = NEVER;
        assert_true(status == BPB_ERR_MEMORY || status == BPB_OK);
        assert_int_equal(count_live(), before);
        if (status && calls == 0)
            assert_net_is_reset();
        if (status && calls == 0)
            assert_true(is_filled(&out, sizeof out));
        named += status && calls > 0;
        assert_true(k < 1000);
        reset_net();
    }
    return named;
}

static void train__out_of_memory_with_all_options(void **state)
{
    (void)state;
    static unsigned char begun[1 << 15];
    size_t calls;
    assert_true(fail_run(NULL, 0, 2) > 0);
    remove(run_path);
    assert_ok(train_with_all(1, &calls));
    reset_net();
    const size_t n = get_file(run_path, begun, sizeof begun);
    assert_true(fail_run(begun, n, 3) > 0);
    assert_int_equal(unlink(run_path), 0);
}

static size_t allocations_with_all(size_t epochs)
{
    size_t calls;
    remove(run_path);
    const size_t before = allocations;
    assert_ok(train_with_all(epochs, &calls));
    reset_net();
    assert_int_equal(unlink(run_path), 0);
    return allocations - before;
}

/* One name for each file. */
static void train__allocates_the_names_of_its_files_alone(void **state)
{
    (void)state;
    const size_t two = allocations_with_all(2);
    assert_int_equal(allocations_with_all(7), two + 5);
}

/* ---- Set up ---- */

static void write_idx(void)
{
    static const unsigned char header[] = {0,    0, 8, 2, 0, 0, IDX_BYTES / 4 >> 8,
                                           IDX_BYTES / 4 & 0xff, 0, 0, 0, 4};
    static const unsigned char values[IDX_BYTES] = {1, 2, 3};
    FILE *file = fopen(idx_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(header, sizeof header, 1, file), 1);
    assert_int_equal(fwrite(values, sizeof values, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

/* Two columns, of which the first alone is more than fits at first. */
static void write_csv(void)
{
    FILE *file = fopen(csv_path, "w");
    assert_non_null(file);
    for (int k = 1; k <= 2000; k++)
        assert_true(fprintf(file, k % 1000 ? "%d," : "%d\n", k) > 0);
    assert_int_equal(fclose(file), 0);
}

/* A header, and rows with class names, of more bytes than there is room for at first. */
static void write_names(void)
{
    FILE *file = fopen(names_path, "w");
    assert_non_null(file);
    for (int k = 0; k < 100; k++)
        assert_true(fprintf(file, "%sname-%d", k ? "," : "", k) > 0);
    for (int k = 0; k < 10000; k++)
        assert_true(fprintf(file, k % 100 < 99 ? "%s%d" : "%sclass %d",
                            k % 100 ? "," : "\n", k) > 0);
    assert_int_equal(fclose(file), 0);
}

/* Where model files are not supported, one that is empty. */
static void write_model(void)
{
    if (save_memory() == BPB_OK) {
        memcpy(model, out.file, model_bytes = out.bytes);
        assert_ok(save());
        return;
    }
    FILE *file = fopen(model_path, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

/* Where model files are not supported, none is written: the calls say so. */
static void make_own_net(void)
{
    assert_ok(BPB(net_copy)(&own_net, m.net));
    assert_ok(set_activation_of(own_net));
    assert_ok(set_loss_of(own_net));
    assert_ok(BPB(net_set_scaling)(own_net, BPB_OUTPUTS, shift, factor));
    if (BPB(net_save_memory)(own_net, own_model, sizeof own_model, &own_bytes))
        own_bytes = 0;
    if (BPB(net_save)(own_net, own_path))
        assert_int_equal(own_bytes, 0);
}

/* Of directions that all vary. */
static void make_whitening(void)
{
    const double packed[] = {4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 3};
    assert_ok(bpb_whitening_create(&whitening, N_IN));
    assert_ok(bpb_whitening_unpack(whitening, packed, sizeof packed / sizeof *packed));
    const bpb_status status = solve_whitening();
    is_solved = !status;
    assert_true(status == BPB_OK || status == BPB_ERR_UNSUPPORTED);
}

static int set_up(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/bpblas-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(model_path, sizeof model_path, "%s/model", folder);
    snprintf(own_path, sizeof own_path, "%s/own", folder);
    snprintf(idx_path, sizeof idx_path, "%s/idx", folder);
    snprintf(run_path, sizeof run_path, "%s/run", folder);
    snprintf(csv_path, sizeof csv_path, "%s/csv", folder);
    snprintf(names_path, sizeof names_path, "%s/names", folder);
    snprintf(npy_path, sizeof npy_path, "%s/npy", folder);
    snprintf(json_path, sizeof json_path, "%s/json", folder);
    m = make_machine(&net_options, &(bpb_plan_options){.batch = COLS});
    assert_int_equal(BPB(net_parameters)(m.net), P);
    memcpy(theta, BPB(net_ctheta)(m.net), sizeof theta);
    reset_net();
    assert_ok(BPB(net_create)(&plain, &plain_options));
    assert_true(save_network2() == BPB_OK || save_network2() == BPB_ERR_UNSUPPORTED);
    write_idx();
    write_csv();
    write_names();
    assert_ok(write_npy());
    write_model();
    make_own_net();
    make_whitening();
    return 0;
}

/* The folder can be removed because nothing else is in it. */
static int tear_down(void **state)
{
    (void)state;
    free_machine(&m);
    BPB(net_destroy)(&plain);
    BPB(net_destroy)(&own_net);
    bpb_whitening_destroy(&whitening);
    unlink(model_path);
    unlink(own_path);
    unlink(idx_path);
    unlink(csv_path);
    unlink(names_path);
    unlink(npy_path);
    unlink(json_path);
    return rmdir(folder) != 0 || count_live() != 0;
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(save__out_of_memory_leaves_no_new_file),
        cmocka_unit_test(passes__allocate_nothing),
        cmocka_unit_test(derivatives__allocate_nothing),
        cmocka_unit_test(work_init__allocates_nothing),
        cmocka_unit_test(train__allocates_nothing_after_its_start),
        cmocka_unit_test(train__out_of_memory_with_all_options),
        cmocka_unit_test(train__allocates_the_names_of_its_files_alone),
    };
    struct CMUnitTest failures[COUNT(operations)];
    for (size_t i = 0; i < COUNT(operations); i++)
        failures[i] = (struct CMUnitTest){.name = operations[i].name,
                                          .test_func = allocation_failure__is_told_and_harmless,
                                          .initial_state = (void *)&operations[i]};
    const int failed = cmocka_run_group_tests(failures, set_up, tear_down);
    return failed + cmocka_run_group_tests(others, set_up, tear_down);
}
