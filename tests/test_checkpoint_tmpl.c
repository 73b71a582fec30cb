/* SPDX-License-Identifier: BSD-3-Clause */
/* A run that is interrupted and taken up again has the bits of one that was not. */
#include "support_tmpl.h"
#include "files.h"

/* Large enough that a plan of two threads uses both: 6 P B is over 8 million. */
enum { N_IN = 24, N_OUT = 4, COLUMNS = 500, BATCH = 200, STEPS = 3, EVERY = 7 };
static const size_t units[] = {N_IN, 96, 48, N_OUT};

static real X[N_IN * COLUMNS], T[N_OUT * COLUMNS];
static BPB(data) data;

static int prepare(void **state)
{
    struct rng rng = {6};
    fill_uniform(&rng, N_IN * COLUMNS, -1, 1, X);
    fill_uniform(&rng, N_OUT * COLUMNS, 0, 1, T);
    data = (BPB(data)){.X = BPB(cmatrix)(X, N_IN, COLUMNS - 100),
                       .T = BPB(cmatrix)(T, N_OUT, COLUMNS - 100)};
    data.X_validation = BPB(columns)(BPB(cmatrix)(X, N_IN, COLUMNS), COLUMNS - 100, 100);
    data.T_validation = BPB(columns)(BPB(cmatrix)(T, N_OUT, COLUMNS), COLUMNS - 100, 100);
    return make_folder(state);
}

static BPB(net) * make_net(void)
{
    BPB(net) *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.units = units, .n_layers = 3,
                                                       .hidden = BPB_TANH, .seed = 2}));
    return net;
}

static void assert_same_theta(const BPB(net) * got, const BPB(net) * want)
{
    assert_same_bits(BPB(net_parameters)(want), BPB(net_ctheta)(got), BPB(net_ctheta)(want));
}

/* ---- Interrupted ---- */

/* What a run has seen: each new epoch once. */
struct seen {
    size_t steps, stop_after; /* 0: never */
    size_t epochs, told;      /* anew, and again after a resume */
    bpb_progress epoch[32];
};

static int on_step(const bpb_progress *progress, void *user)
{
    struct seen *seen = user;
    (void)progress;
    return ++seen->steps == seen->stop_after;
}

static void assert_same_scores(const bpb_score *got, const bpb_score *want)
{
    assert_true(got->loss == want->loss && got->accuracy == want->accuracy);
    assert_int_equal(got->columns, want->columns);
    assert_int_equal(got->correct, want->correct);
}

static void assert_same_progress(const bpb_progress *got, const bpb_progress *want)
{
    assert_int_equal(got->epoch, want->epoch);
    assert_int_equal(got->epochs, want->epochs);
    assert_int_equal(got->step, want->step);
    assert_int_equal(got->steps, want->steps);
    assert_int_equal(got->best_epoch, want->best_epoch);
    assert_true(got->eta == want->eta);
    assert_same_scores(&got->train, &want->train);
    assert_same_scores(&got->validation, &want->validation);
}

static int on_epoch(const bpb_progress *progress, void *user)
{
    struct seen *seen = user;
    if (progress->resumed) {
        assert_same_progress(progress, &seen->epoch[seen->told++]);
        assert_int_equal(progress->epoch, seen->told);
        return 0;
    }
    assert_int_equal(progress->epoch, seen->epochs + 1);
    seen->epoch[seen->epochs++] = *progress;
    return 0;
}

static bpb_train_options watched(const bpb_train_options *options, struct seen *seen)
{
    bpb_train_options own = *options;
    own.on_step = on_step;
    own.on_epoch = on_epoch;
    own.user = seen;
    return own;
}

/* All of the run at once. */
static BPB(net) * run_through(const bpb_train_options *options, struct seen *seen,
                              bpb_train_report *report)
{
    BPB(net) *net = make_net();
    bpb_train_options own = watched(options, seen);
    own.checkpoint = (bpb_checkpoint){0};
    assert_ok(BPB(train)(net, &data, &own, report));
    return net;
}

/* Stopped after every few steps, and gone on with by another net. */
static BPB(net) * run_in_pieces(const bpb_train_options *options, struct seen *seen,
                                bpb_train_report *report)
{
    bpb_status status;
    BPB(net) *net = NULL;
    size_t pieces = 0;
    remove(options->checkpoint.path);
    do {
        bpb_train_options own = watched(options, seen);
        BPB(net_destroy)(&net);
        net = make_net();
        seen->steps = seen->told = 0;
        seen->stop_after = EVERY;
        own.threads = pieces % 2 ? 1 : options->threads;
        status = BPB(train)(net, &data, &own, report);
        assert_true(pieces++ < 20);
    } while (status == BPB_STOPPED);
    assert_ok(status);
    assert_true(pieces > 2);
    return net;
}

static void check_pieces(bpb_train_options options)
{
    struct seen whole = {0}, cut = {0};
    bpb_train_report want, got;
    options.checkpoint = (bpb_checkpoint){.path = path_of("run.bpb"), .resume = 1};
    BPB(net) *expected = run_through(&options, &whole, &want);
    BPB(net) *net = run_in_pieces(&options, &cut, &got);
    assert_same_theta(net, expected);
    assert_int_equal(cut.epochs, whole.epochs);
    assert_same_progress(&got.last, &want.last);
    assert_int_equal(got.end, want.end);
    assert_int_equal(got.kept, want.kept);
    for (size_t i = 0; i < whole.epochs; i++)
        assert_same_progress(&cut.epoch[i], &whole.epoch[i]);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&expected);
}

/* Steps of an epoch: 2; of iRPROP, which takes all columns, 1. */
static void checkpoint__is_taken_up_bit_for_bit_by_each_optimiser(void **state)
{
    (void)state;
    for (bpb_method method = BPB_SGD; method <= BPB_IRPROP_MINUS; method++) {
        const bool full = method >= BPB_IRPROP_PLUS;
        for (size_t threads = 1; threads <= 2; threads++)
            check_pieces((bpb_train_options){.eta = 0.01, .lambda = 0.1, .seed = 7,
                                             .optimiser = {.method = method},
                                             .batch = full ? 0 : BATCH,
                                             .epochs = full ? 20 : 11, .threads = threads});
    }
}

static void checkpoint__holds_what_variants_of_an_optimiser_need(void **state)
{
    (void)state;
    const bpb_opt_options variants[] = {
        {.method = BPB_RMSPROP, .centred = 1, .momentum = 0.5},
        {.method = BPB_ADAMW, .amsgrad = 1},
        {.method = BPB_SGD, .clip_norm = 0.01},
        {.method = BPB_SGD, .decay_1 = 0.01},
    };
    for (size_t i = 0; i < COUNT(variants); i++)
        check_pieces((bpb_train_options){.eta = 0.01, .optimiser = variants[i], .batch = BATCH,
                                         .epochs = 11});
}

static void checkpoint__holds_schedules_and_the_best_weights(void **state)
{
    (void)state;
    for (int kind = BPB_SCHEDULE_CONSTANT; kind <= BPB_SCHEDULE_HALVING; kind++)
        check_pieces((bpb_train_options){
            .eta = 2, .batch = BATCH, .epochs = 16,
            .schedule = {.kind = (bpb_schedule_kind)kind, .warmup = 1.5, .patience = 1},
            .stop = {.keep_best = 1, .by_loss = 1, .min_delta = 1e-4}});
}

static void checkpoint__holds_the_place_in_dropouts_stream(void **state)
{
    (void)state;
    check_pieces((bpb_train_options){.eta = 0.3, .batch = BATCH, .epochs = 11, .dropout = 0.4,
                                     .dropout_inputs = 0.1, .threads = 2});
    check_pieces((bpb_train_options){.optimiser = {.method = BPB_ADAM}, .batch = BATCH,
                                     .epochs = 11, .dropout = 0.4, .seed = 3});
}

/* ---- When it is written ---- */

struct written {
    size_t every, steps;
    long size;
};

/* Removed after each step that wrote it. */
static int check_written(const bpb_progress *progress, void *user)
{
    struct written *written = user;
    (void)progress;
    /* the one before: a step is told of before its checkpoint is written */
    const bool there = access(path_of("run.bpb"), F_OK) == 0;
    assert_true(there == (written->steps > 0 && written->steps % written->every == 0));
    remove(path_of("run.bpb"));
    written->steps++;
    return 0;
}

static void checkpoint__is_written_after_so_many_steps(void **state)
{
    (void)state;
    for (size_t every = 1; every <= 5; every++) {
        struct written written = {.every = every};
        BPB(net) *net = make_net();
        bpb_train_report report;
        remove(path_of("run.bpb"));
        assert_ok(BPB(train)(net, &data,
                             &(bpb_train_options){.eta = 0.1, .batch = 40, .epochs = 2,
                                                  .checkpoint = {.path = path_of("run.bpb"),
                                                                 .steps = every},
                                                  .on_step = check_written, .user = &written},
                             &report));
        assert_int_equal(report.has_checkpoint, 1);
        assert_int_equal(access(path_of("run.bpb"), F_OK), 0);
        assert_int_equal(count_files(1), 1);
        BPB(net_destroy)(&net);
    }
}

static void checkpoint__is_written_after_so_much_time(void **state)
{
    (void)state;
    struct written written = {.every = 1};
    BPB(net) *net = make_net();
    bpb_train_options options = {.eta = 0.1, .batch = 40, .epochs = 2,
                                 .checkpoint = {.path = path_of("run.bpb"), .seconds = 1e-9},
                                 .on_step = check_written, .user = &written};
    remove(path_of("run.bpb"));
    assert_ok(BPB(train)(net, &data, &options, NULL));
    written = (struct written){.every = 1000};
    options.checkpoint.seconds = 1e6;
    remove(path_of("run.bpb"));
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_int_equal(access(path_of("run.bpb"), F_OK), 0);
    BPB(net_destroy)(&net);
}

/* ---- Ends ---- */

static const bpb_train_options three = {.eta = 0.5, .batch = BATCH, .epochs = 3};

static bpb_train_options kept(const bpb_train_options *options, int resume)
{
    bpb_train_options own = *options;
    own.checkpoint = (bpb_checkpoint){.path = path_of("run.bpb"), .resume = resume};
    return own;
}

static void checkpoint__of_a_finished_run_has_its_end(void **state)
{
    (void)state;
    BPB(net) *first = make_net(), *again = make_net();
    bpb_train_options options = kept(&three, 1);
    bpb_train_report want, got;
    struct seen seen = {0};
    remove(options.checkpoint.path);
    options.on_epoch = on_epoch;
    options.user = &seen;
    assert_ok(BPB(train)(first, &data, &options, &want));
    assert_ok(BPB(train)(again, &data, &options, &got));
    assert_int_equal(seen.epochs, 3);
    assert_int_equal(seen.told, 3);
    assert_same_theta(again, first);
    assert_same_progress(&got.last, &want.last);
    assert_int_equal(got.end, BPB_END_EPOCHS);
    BPB(net_destroy)(&first);
    BPB(net_destroy)(&again);
}

static void checkpoint__can_be_gone_on_with_for_more_epochs(void **state)
{
    (void)state;
    BPB(net) *net = make_net(), *expected = make_net();
    bpb_train_options five = three;
    five.epochs = 5;
    remove(path_of("run.bpb"));
    bpb_train_options options = kept(&three, 1);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    options = kept(&five, 1);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_ok(BPB(train)(expected, &data, &five, NULL));
    assert_same_theta(net, expected);
    options = kept(&three, 1); /* and fewer: it is over */
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_same_theta(net, expected);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&expected);
}

/* Half the eta_0 from epoch 4 on: what the plateau has left of it is halved too. */
static void checkpoint__can_be_gone_on_with_by_another_eta(void **state)
{
    (void)state;
    BPB(net) *net = make_net();
    bpb_train_options options = three;
    bpb_train_report before, after;
    options.eta = 64;
    options.schedule = (bpb_schedule){.kind = BPB_SCHEDULE_PLATEAU, .factor = 0.5, .patience = 1};
    options.stop = (bpb_stop){.min_delta = 1e6, .by_loss = 1}; /* none is better than the first */
    remove(path_of("run.bpb"));
    bpb_train_options own = kept(&options, 1);
    assert_ok(BPB(train)(net, &data, &own, &before));
    assert_true(before.last.eta == 32);
    options.epochs = 4;
    options.eta = 32;
    own = kept(&options, 1);
    assert_ok(BPB(train)(net, &data, &own, &after));
    assert_true(after.last.eta == 8);
    BPB(net_destroy)(&net);
}

static int stop_again(const bpb_progress *progress, void *user)
{
    (void)user;
    return progress->resumed && progress->epoch == 2;
}

static void checkpoint__history_can_stop_the_run(void **state)
{
    (void)state;
    BPB(net) *net = make_net();
    remove(path_of("run.bpb"));
    bpb_train_options options = kept(&three, 1);
    bpb_train_report report;
    options.on_epoch = stop_again;
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_int_equal(BPB(train)(net, &data, &options, &report), BPB_STOPPED);
    assert_int_equal(report.last.epoch, 3);
    BPB(net_destroy)(&net);
}

/* Without best weights in the file the best epoch is one of those to come. */
static void checkpoint__without_best_weights_begins_to_keep_them(void **state)
{
    (void)state;
    BPB(net) *net = make_net();
    bpb_train_options four = three;
    bpb_train_report report;
    remove(path_of("run.bpb"));
    bpb_train_options options = kept(&three, 1);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    four.epochs = 4;
    four.stop.keep_best = 1;
    options = kept(&four, 1);
    assert_ok(BPB(train)(net, &data, &options, &report));
    assert_int_equal(report.last.best_epoch, 4);
    options = kept(&three, 1); /* and the other way round: they are passed over */
    options.epochs = 5;
    assert_ok(BPB(train)(net, &data, &options, &report));
    assert_int_equal(report.kept, BPB_KEPT_LAST);
    BPB(net_destroy)(&net);
}

/* ---- Files that cannot be taken up ---- */

static void write_checkpoint(const bpb_train_options *how)
{
    BPB(net) *net = make_net();
    const bpb_train_options options = kept(how, 0);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    BPB(net_destroy)(&net);
}

/* The net is untouched. */
static bpb_status try_resume(BPB(net) * net, const bpb_train_options *how)
{
    const size_t P = BPB(net_parameters)(net);
    const bpb_train_options options = kept(how, 1);
    real *before = make_reals(P);
    memcpy(before, BPB(net_ctheta)(net), P * sizeof *before);
    const bpb_status status = BPB(train)(net, &data, &options, NULL);
    if (status < 0)
        assert_same_bits(P, BPB(net_ctheta)(net), before);
    free(before);
    return status;
}

static void checkpoint__of_another_run_is_refused(void **state)
{
    (void)state;
    static const size_t wider[] = {N_IN, 96, 49, N_OUT};
    const bpb_train_options others[] = {
        {.eta = 0.5, .batch = BATCH - 1, .epochs = 3},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .seed = 1},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .no_shuffle = 1},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .optimiser = {.method = BPB_ADAM}},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .norms = 1},
    };
    write_checkpoint(&three);
    BPB(net) *net = make_net(), *wide = NULL, *relu = NULL;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(try_resume(net, &others[i]), BPB_ERR_MISMATCH);
    assert_ok(BPB(net_create)(&wide, &(bpb_net_options){.units = wider, .n_layers = 3,
                                                        .hidden = BPB_TANH}));
    assert_int_equal(try_resume(wide, &three), BPB_ERR_MISMATCH);
    assert_ok(BPB(net_create)(&relu, &(bpb_net_options){.units = units, .n_layers = 3,
                                                        .hidden = BPB_RELU}));
    assert_int_equal(try_resume(relu, &three), BPB_ERR_MISMATCH);
    real shift[N_IN] = {0};
    shift[3] = 1;
    assert_ok(BPB(net_set_input_scaling)(net, shift, NULL));
    assert_int_equal(try_resume(net, &three), BPB_ERR_MISMATCH);
    assert_ok(BPB(net_set_input_scaling)(net, NULL, NULL));
    assert_ok(try_resume(net, &three));
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&wide);
    BPB(net_destroy)(&relu);
}

/* The whole file, to be freed. */
static unsigned char *read_checkpoint(size_t *n)
{
    FILE *file = fopen(path_of("run.bpb"), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = allocate(*n, 1);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

static void checkpoint__that_is_cut_short_is_refused(void **state)
{
    (void)state;
    size_t n;
    struct rng rng = {4};
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    BPB(net) *net = make_net();
    for (size_t i = 0; i < 100; i++) {
        write_file(path_of("run.bpb"), bytes, i < 60 ? i : rng_between(&rng, 60, n - 1));
        assert_int_equal(try_resume(net, &three), BPB_ERR_TRUNCATED);
    }
    free(bytes);
    BPB(net_destroy)(&net);
}

/* Which status depends on where it is: magic, version, length, or anything under the checksum. */
static void checkpoint__with_a_changed_byte_is_refused(void **state)
{
    (void)state;
    size_t n;
    struct rng rng = {5};
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    BPB(net) *net = make_net();
    for (size_t i = 0; i < 200; i++) {
        const size_t at = i < 100 ? i : rng_between(&rng, 100, n - 1);
        const unsigned char flip = (unsigned char)(1u << i % 8);
        bytes[at] ^= flip;
        write_file(path_of("run.bpb"), bytes, n);
        const bpb_status status = try_resume(net, &three);
        if (at < 8)
            assert_int_equal(status, BPB_ERR_FORMAT);
        else if (at < 16)
            assert_true(status == BPB_ERR_VERSION || status == BPB_ERR_FORMAT);
        else if (at < 24)
            assert_true(status == BPB_ERR_TRUNCATED || status == BPB_ERR_FORMAT);
        else
            assert_int_equal(status, BPB_ERR_CHECKSUM);
        bytes[at] ^= flip;
    }
    free(bytes);
    BPB(net_destroy)(&net);
}

static uint32_t crc32_of(const unsigned char *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* Made by someone with the checksum in hand: whatever it says, nothing is read that is not there. */
static void checkpoint__that_lies_is_refused_or_taken_up_whole(void **state)
{
    (void)state;
    size_t n;
    struct rng rng = {9};
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    BPB(net) *net = make_net();
    const size_t scalars = 24 + 8 * 14; /* the owner, and then the wisdom's length */
    for (size_t i = 0; i < 1500; i++) {
        unsigned char old[8];
        const size_t at = 24 + rng_between(&rng, 0, (i % 2 ? scalars : n - 4 - 8 - 24) - 24);
        memcpy(old, bytes + at, 8);
        for (int k = 0; k < 8; k++)
            bytes[at + k] = i % 3 ? (unsigned char)rng_bits(&rng) : 0xff;
        const uint32_t crc = crc32_of(bytes, n - 4);
        unsigned char sum[4];
        memcpy(sum, bytes + n - 4, 4);
        for (int k = 0; k < 4; k++)
            bytes[n - 4 + k] = (unsigned char)(crc >> 8 * k);
        write_file(path_of("run.bpb"), bytes, n);
        const bpb_status status = try_resume(net, &three);
        assert_true(status == BPB_OK || status == BPB_LOST || status == BPB_NONFINITE ||
                    status == BPB_ERR_FORMAT || status == BPB_ERR_MISMATCH ||
                    status == BPB_ERR_CHECKSUM || status == BPB_ERR_OPTION);
        memcpy(bytes + at, old, 8);
        memcpy(bytes + n - 4, sum, 4);
    }
    free(bytes);
    BPB(net_destroy)(&net);
}

static void checkpoint__that_cannot_be_written_ends_the_run(void **state)
{
    (void)state;
    BPB(net) *net = make_net();
    bpb_train_options options = three;
    options.checkpoint.path = path_of("no such folder/run.bpb");
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_ERR_IO);
    options.checkpoint.path = folder;
    options.checkpoint.resume = 1;
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_ERR_IO);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint__is_taken_up_bit_for_bit_by_each_optimiser),
        cmocka_unit_test(checkpoint__holds_what_variants_of_an_optimiser_need),
        cmocka_unit_test(checkpoint__holds_schedules_and_the_best_weights),
        cmocka_unit_test(checkpoint__holds_the_place_in_dropouts_stream),
        cmocka_unit_test(checkpoint__is_written_after_so_many_steps),
        cmocka_unit_test(checkpoint__is_written_after_so_much_time),
        cmocka_unit_test(checkpoint__of_a_finished_run_has_its_end),
        cmocka_unit_test(checkpoint__can_be_gone_on_with_for_more_epochs),
        cmocka_unit_test(checkpoint__can_be_gone_on_with_by_another_eta),
        cmocka_unit_test(checkpoint__history_can_stop_the_run),
        cmocka_unit_test(checkpoint__without_best_weights_begins_to_keep_them),
        cmocka_unit_test(checkpoint__of_another_run_is_refused),
        cmocka_unit_test(checkpoint__that_is_cut_short_is_refused),
        cmocka_unit_test(checkpoint__with_a_changed_byte_is_refused),
        cmocka_unit_test(checkpoint__that_lies_is_refused_or_taken_up_whole),
        cmocka_unit_test(checkpoint__that_cannot_be_written_ends_the_run),
    };
    return cmocka_run_group_tests(tests, prepare, remove_folder);
}
