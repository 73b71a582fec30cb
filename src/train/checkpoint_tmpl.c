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
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/crc32.h"
#include "base/packed_tmpl.h"
#include "base/view_tmpl.h"
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

/* What must be the same in a run that takes this one up; written, or compared. */
static void pack_owner(struct packed *packed, const struct run *run)
{
    const struct shape *shape = run->net->shape;
    const uint64_t values[] = {sizeof(real), shape->L, shape_inputs(shape),
                               functions_of(run->net), run->data_sum, run->n, run->batch,
                               run->options->seed, (uint64_t)run->options->no_shuffle,
                               bits_of_double(run->rule.decay),
                               (uint64_t)run->rule.decay_biases};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        packed_put(packed, values[i]);
    for (size_t l = 0; l < shape->L; l++)
        packed_put(packed, shape->layer[l].n_out);
    pack_scaling(packed, run->net->scaling[BPB_INPUTS]);
    pack_scaling(packed, run->net->scaling[BPB_OUTPUTS]);
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

/* BPB_ERR_MISMATCH: it is that of another optimiser. */
static bpb_status pack_optimiser(struct packed *packed, struct run *run)
{
    size_t bytes = 0, there;
    if (run->opt)
        TRY(BPB(opt_pack)(run->opt, NULL, 0, &bytes));
    there = bytes;
    packed_size(packed, &there, SIZE_MAX);
    REQUIRE(there == bytes, BPB_ERR_MISMATCH);
    if (!packed_has(packed, bytes) || !run->opt)
        return BPB_OK;
    if (packed->out)
        TRY(BPB(opt_pack)(run->opt, packed->out + packed->at, bytes, &bytes));
    if (packed->in)
        TRY(BPB(opt_unpack)(run->opt, packed->in + packed->at, bytes));
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
    return packed->failed ? BPB_ERR_FORMAT : BPB_OK;
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
    REQUIRE(keeper->history, BPB_ERR_MEMORY);
    TRY(BPB(plan_wisdom)(run->plan, NULL, 0, &bytes));
    keeper->wisdom = malloc(bytes);
    REQUIRE(keeper->wisdom, BPB_ERR_MEMORY);
    TRY(BPB(plan_wisdom)(run->plan, keeper->wisdom, bytes, &bytes));
    keeper->bytes = malloc(total_of(run, epochs));
    return keeper->bytes ? BPB_OK : BPB_ERR_MEMORY;
}

/* ---- Read ---- */

/* Whether these bytes are a run at all, whole and of this version. */
static bpb_status check_bytes(struct input *input)
{
    TRY(bpb_input_want(input, START_BYTES));
    REQUIRE(input->n >= START_BYTES, BPB_ERR_TRUNCATED);
    const uint64_t version = load_little64(input->bytes + 8);
    const uint64_t total = load_little64(input->bytes + 16);
    REQUIRE(load_little64(input->bytes) == MAGIC && version > 0, BPB_ERR_FORMAT);
    REQUIRE(version <= VERSION, BPB_ERR_VERSION);
    REQUIRE(total >= START_BYTES + CRC_BYTES && total < PTRDIFF_MAX, BPB_ERR_FORMAT);
    TRY(bpb_input_want(input, (size_t)total + 1));
    REQUIRE(input->n >= total, BPB_ERR_TRUNCATED);
    REQUIRE(input->n == total, BPB_ERR_FORMAT);
    const size_t summed = (size_t)total - CRC_BYTES;
    REQUIRE(load_little32(input->bytes + summed) == bpb_crc32(input->bytes, summed),
            BPB_ERR_CHECKSUM);
    return BPB_OK;
}

/* Go past what must be equal. */
static bpb_status check_owner(struct packed *read, const struct run *run)
{
    struct packed compared = {.like = read->in, .at = read->at, .end = read->end};
    pack_owner(&compared, run);
    REQUIRE(!compared.failed && !compared.differs, BPB_ERR_MISMATCH);
    read->at = compared.at;
    return BPB_OK;
}

/* *wisdom: within the bytes. */
static bpb_status read_wisdom(struct packed *read, const char **wisdom)
{
    size_t bytes = 0;
    packed_size(read, &bytes, SIZE_MAX);
    REQUIRE(packed_has(read, bytes) && bytes > 0, BPB_ERR_FORMAT);
    *wisdom = (const char *)read->in + read->at;
    REQUIRE((*wisdom)[bytes - 1] == '\0', BPB_ERR_FORMAT);
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
    REQUIRE(!read->failed && (between || within), BPB_ERR_FORMAT);
    REQUIRE(run->epochs <= (read->end - read->at) / one.at, BPB_ERR_FORMAT);
    REQUIRE(run->judge.eta >= 0 && run->judge.eta <= run->eta_0, BPB_ERR_FORMAT);
    REQUIRE(run->t == run->epochs * at->steps + (within ? at->step : 0), BPB_ERR_FORMAT);
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

static bpb_status take_up(struct packed *read, struct run *run)
{
    const size_t P = run->net->shape->parameters;
    const char *wisdom;
    TRY(check_owner(read, run));
    TRY(read_wisdom(read, &wisdom));
    TRY(BPB(run_alloc)(run, wisdom));
    pack_counts(read, run);
    TRY(check_counts(read, run));
    TRY(alloc_keeper(run));
    for (size_t i = 0; i < run->epochs; i++)
        run->keeper.history[i].steps = run->progress.steps;
    TRY(pack_state(read, run, run->epochs));
    REQUIRE(read->end - read->at == P * sizeof(real), BPB_ERR_FORMAT);
    BPB(packed_reals)(read, P, run->net->theta);
    complete_history(run);
    run->keeper.kept_t = run->t;
    run->report.has_checkpoint = 1;
    return BPB_OK;
}

/* There is a file. */
static bpb_status resume(struct run *run, struct input *input)
{
    TRY(check_bytes(input));
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
    const bpb_status opened = bpb_input_open(&input, rule->path);
    if (opened == BPB_ERR_IO && errno == ENOENT)
        return start_anew(run);
    TRY(opened);
    const bpb_status status = resume(run, &input);
    bpb_input_close(&input);
    return status;
}
