/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run as bytes: little-endian, each number in 8 but values of theta and the checksum,
 *
 *     "bpb run\0" | version | bytes in all                                             start
 *     | bytes of a real | L | n_0 | functions | data | n | batch | seed | order | decay | of biases
 *     | n_1 ... n_L                                                                    owner
 *     | scaling of inputs and outputs
 *     | the plan's wisdom
 *     | steps | epochs | eta_0 | judge | progress | progress of each epoch             state
 *     | the optimiser, as bpb_opt_pack has it | theta of the best epoch | theta
 *     | CRC-32 of all before it, in 4
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "base/files.h"
#include "base/packed_tmpl.h"
#include "base/view_tmpl.h"
#include "optim/optimiser_tmpl.h"
#include "train/run_tmpl.h"

#define MAGIC 0x006e757220627062u /* its bytes are "bpb run\0" */
#define VERSION 1
#define START_BYTES 24
#define CRC_BYTES 4

/* ---- Layout ---- */

static void pack_start(struct packed *packed, uint64_t total)
{
    packed_put(packed, MAGIC);
    packed_put(packed, VERSION);
    packed_put(packed, total);
}

/* ---- What a run is of, as numbers ---- */

static void mix(uint64_t *sum, uint64_t word)
{
    *sum = (*sum ^ word) * 0x9e3779b97f4a7c15u;
    *sum ^= *sum >> 29;
}

/* The functions of a net: their names and parameters. */
static uint64_t functions_of(const net_t *net)
{
    uint64_t sum = 0;
    for (size_t l = 1; l <= net->shape->L + 1; l++) {
        const bool loss = l > net->shape->L;
        const char *name = loss ? BPB(net_loss)(net).name : BPB(net_layer)(net, l).name;
        const double parameter =
            loss ? BPB(net_loss)(net).parameter : BPB(net_layer)(net, l).parameter;
        mix(&sum, bpb_crc32((const unsigned char *)name, strlen(name)));
        mix(&sum, bits_of_double(parameter));
    }
    return sum;
}

#define BITS_OF_REAL BPB_SELECT(bits_of_double, bits_of_float)

/* weights: NULL, or those of the columns. */
static void mix_matrix(uint64_t *sum, view_t V, const double *weights)
{
    V = BPB(view_resolve)(V);
    for (size_t j = 0; j < V.cols; j++) {
        for (size_t i = 0; i < V.rows; i++)
            mix(sum, DOUBLES(V) ? bits_of_double(BPB(view_double)(V, i, j))
                                : BITS_OF_REAL(BPB(view_entry)(V, i, j)));
        if (weights)
            mix(sum, BITS_OF_REAL((real)weights[V.index ? V.index[j] : j]));
    }
}

/* What is learnt from and what epochs are judged by; of sources their sizes alone. */
static uint64_t data_of(const struct run *run)
{
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        const set_t *set = BPB(set_of)(run->data, i);
        const size_t n = BPB(set_columns)(set);
        mix(&sum, n);
        if (set->source || n == 0)
            continue;
        mix_matrix(&sum, set->X, NULL);
        mix_matrix(&sum, set->T.view, set->T.weights);
    }
    return sum;
}

/* Only compared, never read. */
static void pack_scaling(struct packed *packed, const struct scaling *scaling)
{
    packed_put(packed, scaling != NULL);
    if (scaling)
        BPB(packed_reals)(packed, 2 * scaling->n, (real *)scaling->rounded);
}

/* What must be the same in a run that resumes this one: numbers, then widths and scalings. */
enum {
    REAL_BYTES,
    LAYERS,
    INPUTS,
    FUNCTIONS,
    DATA,
    COLUMNS,
    BATCH,
    SEED,
    NO_SHUFFLE,
    DECAY,
    DECAY_BIASES,
    OWNER_WORDS
};

static void words_of_owner(const struct run *run, uint64_t words[OWNER_WORDS])
{
    words[REAL_BYTES] = sizeof(real);
    words[LAYERS] = run->net->shape->L;
    words[INPUTS] = shape_inputs(run->net->shape);
    words[FUNCTIONS] = functions_of(run->net);
    words[DATA] = run->data_sum;
    words[COLUMNS] = run->n;
    words[BATCH] = run->batch;
    words[SEED] = run->options->seed;
    words[NO_SHUFFLE] = (uint64_t)run->options->no_shuffle;
    words[DECAY] = bits_of_double(run->rule.decay);
    words[DECAY_BIASES] = (uint64_t)run->rule.decay_biases;
}

static void pack_scalings(struct packed *packed, const struct run *run)
{
    pack_scaling(packed, run->net->scaling[BPB_INPUTS]);
    pack_scaling(packed, run->net->scaling[BPB_OUTPUTS]);
}

static void pack_owner(struct packed *packed, const struct run *run)
{
    uint64_t words[OWNER_WORDS];
    words_of_owner(run, words);
    for (size_t i = 0; i < OWNER_WORDS; i++)
        packed_put(packed, words[i]);
    for (size_t l = 0; l < run->net->shape->L; l++)
        packed_put(packed, run->net->shape->layer[l].n_out);
    pack_scalings(packed, run);
}

static void pack_score(struct packed *packed, bpb_score *score)
{
    packed_double(packed, &score->loss);
    packed_double(packed, &score->accuracy);
    packed_size(packed, &score->columns, SIZE_MAX);
    packed_size(packed, &score->correct, SIZE_MAX);
    size_t not_judged = score->columns - score->judged; /* modulo 2^64: labels are more */
    packed_size(packed, &not_judged, SIZE_MAX);
    packed_size(packed, &score->nonfinite, SIZE_MAX);
    packed_int(packed, &score->has_accuracy, 1);
    score->judged = score->has_accuracy ? score->columns - not_judged : 0;
}

static void pack_progress(struct packed *packed, bpb_progress *progress)
{
    packed_size(packed, &progress->epoch, SIZE_MAX);
    packed_size(packed, &progress->step, progress->steps);
    packed_double(packed, &progress->eta);
    packed_double(packed, &progress->seconds);
    packed_double(packed, &progress->loss);
    packed_double(packed, &progress->gradient_norm);
    packed_double(packed, &progress->theta_norm);
    pack_score(packed, &progress->train);
    pack_score(packed, &progress->validation);
    pack_score(packed, &progress->test);
    packed_size(packed, &progress->best_epoch, SIZE_MAX);
}

static void pack_judge(struct packed *packed, struct judge *judge)
{
    packed_size(packed, &judge->best_epoch, SIZE_MAX);
    packed_double(packed, &judge->best);
    packed_size(packed, &judge->waited, SIZE_MAX);
    packed_size(packed, &judge->waited_eta, SIZE_MAX);
    packed_double(packed, &judge->eta);
    packed_double(packed, &judge->loss);
}

/* eta_0 may be another one than that of the file: what plateaus have left of it keeps its share. */
static void follow_eta(struct run *run, double eta_0)
{
    if (eta_0 != run->eta_0)
        run->judge.eta = fmax(run->judge.eta / eta_0 * run->eta_0, run->schedule.eta_min);
}

static void pack_counts(struct packed *packed, struct run *run)
{
    double eta_0 = run->eta_0;
    packed_u64(packed, &run->t);
    packed_size(packed, &run->epochs, SIZE_MAX);
    packed_double(packed, &eta_0);
    pack_judge(packed, &run->judge);
    pack_progress(packed, &run->progress);
    follow_eta(run, eta_0);
}

#define OF_A_RUN "the checkpoint is of a run"

/* One of the two runs makes gradient and update in one, and has no state of an optimiser. */
static bpb_status check_has_state(const struct run *run, const char *method, size_t there,
                                  size_t own)
{
    const char *own_method = bpb_name(BPB_NAMES_METHOD, (int)run->rule.method);
    REQUIRE(method, BPB_ERR_FORMAT, "the optimiser of the checkpoint has an unknown method");
    REQUIRE(strcmp(method, own_method) == 0, BPB_ERR_MISMATCH, OF_A_RUN " with method %s, not %s",
            method, own_method);
    REQUIRE((there > 0) == (own > 0), BPB_ERR_MISMATCH,
            OF_A_RUN " with method sgd %s lambda_1, clipping or norms",
            there > 0 ? "and" : "and without");
    return BPB_OK;
}

/* The penalties are those of the file, which may differ in their last bits. */
static bpb_status take_optimiser(const struct packed *packed, struct run *run, size_t bytes)
{
    const struct state_owner owner = {.name = OF_A_RUN, .n = run->n};
    TRY(BPB(opt_unpack_of)(&owner, run->opt, packed->in + packed->at, bytes));
    run->rule.decay = run->opt->options.decay;
    run->rule.decay_1 = run->opt->options.decay_1;
    return BPB_OK;
}

static bpb_status pack_optimiser(struct packed *packed, struct run *run)
{
    size_t bytes = 0, there;
    if (run->opt)
        TRY(BPB(opt_pack)(run->opt, NULL, 0, &bytes));
    there = bytes;
    packed_size(packed, &there, SIZE_MAX);
    if (packed->failed)
        return BPB_OK; // as the caller will tell
    if (packed->in) {
        REQUIRE(packed_has(packed, there), BPB_ERR_FORMAT, "the checkpoint ends within its state");
        const unsigned char *state = packed->in + packed->at;
        const char *method = there > 0 ? BPB(packed_method)(state, there) : "sgd";
        TRY(check_has_state(run, method, there, bytes));
        if (run->opt)
            TRY(take_optimiser(packed, run, there));
    }
    if (packed->out && run->opt)
        TRY(BPB(opt_pack)(run->opt, packed->out + packed->at, bytes, &bytes));
    packed->at += bytes;
    return BPB_OK;
}

/* Best weights that are not wanted are passed over; where there are none, there is no best
 * epoch. */
static void pack_best(struct packed *packed, struct run *run)
{
    const size_t P = run->net->shape->parameters;
    uint64_t is_there = run->best != NULL;
    packed_u64(packed, &is_there);
    if (is_there && run->best)
        BPB(packed_reals)(packed, P, run->best);
    else if (is_there && packed_has(packed, P * sizeof(real)))
        packed->at += P * sizeof(real);
    else if (run->best)
        run->judge.best_epoch = 0;
}

/* The state but theta. The first `epochs` of the history; on reading, progress has its steps. */
static bpb_status pack_state(struct packed *packed, struct run *run, size_t epochs)
{
    for (size_t i = 0; i < epochs; i++)
        pack_progress(packed, &run->keeper.history[i]);
    TRY(pack_optimiser(packed, run));
    pack_best(packed, run);
    REQUIRE(!packed->failed, BPB_ERR_FORMAT, "the checkpoint ends within its state");
    return BPB_OK;
}

static void pack_wisdom(struct packed *packed, char *wisdom)
{
    size_t bytes = strlen(wisdom) + 1;
    packed_size(packed, &bytes, SIZE_MAX);
    if (packed->out)
        memcpy(packed->out + packed->at, wisdom, bytes);
    packed->at += bytes;
}

/* All but the checksum. */
static bpb_status pack_all(struct packed *packed, struct run *run, size_t total, size_t epochs)
{
    pack_start(packed, total);
    pack_owner(packed, run);
    pack_wisdom(packed, run->keeper.wisdom);
    pack_counts(packed, run);
    TRY(pack_state(packed, run, epochs));
    BPB(packed_reals)(packed, run->net->shape->parameters, run->net->theta);
    return BPB_OK;
}

/* ---- Write ---- */

static size_t total_of(struct run *run, size_t epochs)
{
    struct packed counted = {.at = 0};
    pack_all(&counted, run, 0, epochs);
    return counted.at + CRC_BYTES;
}

bpb_status BPB(run_keep)(struct run *run)
{
    const char *path = run->options->checkpoint.path;
    struct packed written = {.out = run->keeper.bytes};
    if (BPB(run_check_theta)(run) == BPB_LOST)
        return BPB_LOST;
    TRY(pack_all(&written, run, total_of(run, run->epochs), run->epochs));
    store_little32(written.out + written.at, bpb_crc32(written.out, written.at));
    TRY(bpb_file_replace(path, written.out, written.at + CRC_BYTES));
    run->keeper.kept_t = run->t;
    run->report.has_checkpoint = 1;
    return BPB_OK;
}

bpb_status BPB(run_keep_if_due)(struct run *run, double now)
{
    const bpb_checkpoint *rule = &run->options->checkpoint;
    const bool due = (rule->steps > 0 && run->t - run->keeper.kept_t >= rule->steps) ||
                     (rule->seconds > 0 && now - run->keeper.kept_at >= rule->seconds);
    if (!rule->path || !due)
        return BPB_OK;
    run->keeper.kept_at = now;
    return BPB(run_keep)(run);
}

/* Memory for all that will have to be written. */
static bpb_status alloc_keeper(struct run *run)
{
    size_t bytes;
    struct keeper *keeper = &run->keeper;
    const size_t epochs = BPB_MAX(run->progress.epochs, run->epochs);
    keeper->history = calloc(epochs, sizeof *keeper->history);
    REQUIRE(keeper->history, BPB_ERR_MEMORY, "no memory for the scores of %zu epochs", epochs);
    TRY(BPB(plan_wisdom)(run->plan, NULL, 0, &bytes));
    keeper->wisdom = malloc(bytes);
    REQUIRE(keeper->wisdom, BPB_ERR_MEMORY, "no memory for a checkpoint");
    TRY(BPB(plan_wisdom)(run->plan, keeper->wisdom, bytes, &bytes));
    bytes = total_of(run, epochs);
    keeper->bytes = malloc(bytes);
    REQUIRE(keeper->bytes, BPB_ERR_MEMORY, "no memory for a checkpoint of %zu bytes", bytes);
    return BPB_OK;
}

/* ---- Read ---- */

/* Whether these bytes are a run at all, whole and of this version. */
static bpb_status check_bytes(struct input *input)
{
    TRY(bpb_input_want(input, START_BYTES));
    REQUIRE(input->n >= START_BYTES, BPB_ERR_TRUNCATED, "the file ends after %zu bytes", input->n);
    const uint64_t version = load_little64(input->bytes + 8);
    const uint64_t total = load_little64(input->bytes + 16);
    REQUIRE(load_little64(input->bytes) == MAGIC && version > 0, BPB_ERR_FORMAT,
            "the file is not a checkpoint");
    REQUIRE(version <= VERSION, BPB_ERR_VERSION,
            "the checkpoint is of version %zu; this library reads version %d", (size_t)version,
            VERSION);
    REQUIRE(total >= START_BYTES + CRC_BYTES && total < PTRDIFF_MAX, BPB_ERR_FORMAT,
            "the checkpoint says that it has %zu bytes", (size_t)total);
    TRY(bpb_input_want(input, (size_t)total + 1));
    REQUIRE(input->n >= total, BPB_ERR_TRUNCATED, "the checkpoint ends after %zu of %zu bytes",
            input->n, (size_t)total);
    REQUIRE(input->n == total, BPB_ERR_FORMAT, "the checkpoint has bytes after its end");
    const size_t summed = (size_t)total - CRC_BYTES;
    REQUIRE(load_little32(input->bytes + summed) == bpb_crc32(input->bytes, summed),
            BPB_ERR_CHECKSUM, "the checkpoint does not match its checksum");
    return BPB_OK;
}

/* lambda / n of the file. AdamW until version 0.4 had a decay that only its state tells of. */
static bpb_status check_decay(struct run *run, double found)
{
    const double own = run->rule.decay, n = (double)run->n;
    const bool in_state = run->rule.method == BPB_ADAM && run->rule.decoupled && found == 0;
    REQUIRE(in_state || fabs(found - own) <= 2 * DBL_EPSILON * own, BPB_ERR_MISMATCH,
            OF_A_RUN " with lambda %g, not %g", found * n, own * n);
    if (!in_state)
        run->rule.decay = found;
    return BPB_OK;
}

static bpb_status check_words(struct run *run, const uint64_t found[OWNER_WORDS])
{
    static const struct {
        int word;
        const char *name;
    } numbers[] = {{LAYERS, "layers"},
                   {INPUTS, "inputs"},
                   {COLUMNS, "training columns"},
                   {BATCH, "batch"},
                   {SEED, "seed"},
                   {NO_SHUFFLE, "no_shuffle"},
                   {DECAY_BIASES, "decay_biases"}};
    uint64_t own[OWNER_WORDS];
    words_of_owner(run, own);
    REQUIRE(found[REAL_BYTES] == own[REAL_BYTES], BPB_ERR_MISMATCH, OF_A_RUN " in %s, not %s",
            found[REAL_BYTES] == sizeof(float) ? "float" : "double", BPB_SELECT("double", "float"));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        REQUIRE(found[numbers[i].word] == own[numbers[i].word], BPB_ERR_MISMATCH,
                OF_A_RUN " with %s %zu, not %zu", numbers[i].name, (size_t)found[numbers[i].word],
                (size_t)own[numbers[i].word]);
    REQUIRE(found[FUNCTIONS] == own[FUNCTIONS], BPB_ERR_MISMATCH,
            OF_A_RUN " with other activations or another loss");
    REQUIRE(found[DATA] == own[DATA], BPB_ERR_MISMATCH,
            OF_A_RUN " with other training or validation data");
    return check_decay(run, double_of_bits(found[DECAY]));
}

static bpb_status check_widths(struct packed *read, const struct shape *shape)
{
    for (size_t l = 1; l <= shape->L; l++) {
        uint64_t units = 0;
        packed_u64(read, &units);
        REQUIRE(units == shape->layer[l - 1].n_out, BPB_ERR_MISMATCH,
                OF_A_RUN " with a layer %zu of %zu units, not %zu", l, (size_t)units,
                shape->layer[l - 1].n_out);
    }
    return BPB_OK;
}

/* Go past what must be equal. */
static bpb_status check_owner(struct packed *read, struct run *run)
{
    uint64_t found[OWNER_WORDS] = {0};
    for (size_t i = 0; i < OWNER_WORDS; i++)
        packed_u64(read, &found[i]);
    REQUIRE(!read->failed, BPB_ERR_FORMAT, "the checkpoint ends within what it is of");
    TRY(check_words(run, found));
    TRY(check_widths(read, run->net->shape));
    struct packed compared = {.like = read->in, .at = read->at, .end = read->end};
    pack_scalings(&compared, run);
    REQUIRE(!compared.failed && !compared.differs, BPB_ERR_MISMATCH,
            OF_A_RUN " with another scaling of inputs or outputs");
    read->at = compared.at;
    return BPB_OK;
}

/* *wisdom: within the bytes. */
static bpb_status read_wisdom(struct packed *read, const char **wisdom)
{
    size_t bytes = 0;
    packed_size(read, &bytes, SIZE_MAX);
    REQUIRE(packed_has(read, bytes) && bytes > 0, BPB_ERR_FORMAT,
            "the checkpoint ends within its wisdom");
    *wisdom = (const char *)read->in + read->at;
    REQUIRE((*wisdom)[bytes - 1] == '\0', BPB_ERR_FORMAT,
            "the wisdom of the checkpoint has no end");
    read->at += bytes;
    return BPB_OK;
}

static bpb_status check_counts(const struct packed *read, const struct run *run)
{
    const bpb_progress *at = &run->progress;
    const bool between = at->epoch == run->epochs && (at->epoch == 0 || at->step == at->steps);
    const bool within = at->epoch == run->epochs + 1;
    struct packed one = {.at = 0};
    bpb_progress any = *at;
    pack_progress(&one, &any);
    REQUIRE(!read->failed, BPB_ERR_FORMAT, "the checkpoint ends within its counts");
    REQUIRE(between || within, BPB_ERR_FORMAT,
            "the checkpoint stands in epoch %zu and step %zu after %zu epochs", at->epoch, at->step,
            run->epochs);
    REQUIRE(run->epochs <= (read->end - read->at) / one.at, BPB_ERR_FORMAT,
            "the checkpoint has no room for the %zu epochs that it names", run->epochs);
    REQUIRE(run->judge.eta >= 0 && run->judge.eta <= run->eta_0, BPB_ERR_FORMAT,
            "eta in the checkpoint is %g; it must be 0 to %g", run->judge.eta, run->eta_0);
    REQUIRE(run->t == run->epochs * at->steps + (within ? at->step : 0), BPB_ERR_FORMAT,
            "the checkpoint names %zu steps, which are not those of %zu epochs", (size_t)run->t,
            run->epochs);
    return BPB_OK;
}

static void complete_history(struct run *run)
{
    for (size_t i = 0; i < run->epochs; i++) {
        bpb_progress *epoch = &run->keeper.history[i];
        epoch->epochs = run->progress.epochs;
        epoch->steps = run->progress.steps;
        epoch->net = run->net;
        epoch->resumed = 1;
    }
}

/* What follows the counts, for which there is memory by then. */
static bpb_status take_state(struct packed *read, struct run *run)
{
    const size_t P = run->net->shape->parameters;
    for (size_t i = 0; i < run->epochs; i++)
        run->keeper.history[i].steps = run->progress.steps;
    TRY(pack_state(read, run, run->epochs));
    REQUIRE(read->end - read->at == P * sizeof(real), BPB_ERR_FORMAT,
            "the checkpoint has %zu bytes of weights, not %zu", read->end - read->at,
            P * sizeof(real));
    BPB(packed_reals)(read, P, run->net->theta);
    complete_history(run);
    return BPB_OK;
}

static bpb_status take_up(struct packed *read, struct run *run)
{
    const char *wisdom = NULL, *path = run->options->checkpoint.path;
    TRY(bpb_about_file(check_owner(read, run), path));
    TRY(bpb_about_file(read_wisdom(read, &wisdom), path));
    TRY(BPB(run_alloc)(run, wisdom));
    pack_counts(read, run);
    TRY(bpb_about_file(check_counts(read, run), path));
    TRY(alloc_keeper(run));
    TRY(bpb_about_file(take_state(read, run), path));
    run->keeper.kept_t = run->t;
    run->report.has_checkpoint = 1;
    return BPB_OK;
}

/* There is a file. */
static bpb_status resume(struct run *run, struct input *input)
{
    TRY(bpb_about_file(check_bytes(input), run->options->checkpoint.path));
    struct packed read = {.in = input->bytes, .at = START_BYTES, .end = input->n - CRC_BYTES};
    return take_up(&read, run);
}

static bpb_status start_anew(struct run *run)
{
    TRY(BPB(run_alloc)(run, run->options->wisdom));
    return run->options->checkpoint.path ? alloc_keeper(run) : BPB_OK;
}

bpb_status BPB(run_resume)(struct run *run)
{
    const bpb_checkpoint *rule = &run->options->checkpoint;
    struct input input;
    run->data_sum = rule->path ? data_of(run) : 0;
    if (!rule->resume)
        return start_anew(run);
    struct error_note kept;
    bpb_error_keep(&kept);
    const bpb_status opened = bpb_input_open(&input, rule->path);
    if (opened == BPB_ERR_IO && errno == ENOENT) {
        bpb_error_restore(&kept);
        return start_anew(run);
    }
    TRY(opened);
    const bpb_status status = resume(run, &input);
    bpb_input_close(&input);
    return status;
}
