/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of an optimiser as bytes: little-endian, each number in 8 but the values of vectors
 * and the checksum,
 *
 *     "bpb opt\0" | version | bytes in all                                              start
 *     | bytes of a real | method | flags | options but eta | L | n_0 ... n_L            owner
 *     | t | eta | loss | loss before | the vectors of P values                          state
 *     | CRC-32 of all before it, in 4
 *
 * This is version 2. Version 1, which knew fewer options, was in no release, and is not read.
 */
#include <string.h>

#include "data/bytes.h"
#include "fpenv.h"
#include "io/crc32.h"
#include "train/optimiser_tmpl.h"

#define MAGIC 0x0074706f20627062u /* its bytes are "bpb opt\0" */
#define VERSION 2
#define START_BYTES 24
#define CRC_BYTES 4

/* ---- Going through it: to count, to write (out), or to compare with what is there (found) ---- */

struct cursor {
    unsigned char *out;
    const unsigned char *found;
    size_t bytes; /* so far */
    bool differs;
};

static void put(struct cursor *to, uint64_t value)
{
    if (to->out)
        store_little64(to->out + to->bytes, value);
    if (to->found)
        to->differs = to->differs || load_little64(to->found + to->bytes) != value;
    to->bytes += sizeof value;
}

static void put_start(struct cursor *to, size_t total)
{
    put(to, MAGIC);
    put(to, VERSION);
    put(to, total);
}

static void put_options(struct cursor *to, const bpb_opt_options *options)
{
    const double numbers[] = {
        options->momentum, options->eta_decay, options->rho, options->beta1,
        options->beta2, options->epsilon, options->decay, options->decay_1,
        options->clip_value, options->clip_norm, options->eta_plus, options->eta_minus,
        options->delta_0, options->delta_min, options->delta_max};
    put(to, (uint64_t)options->method);
    put(to, (uint64_t)(options->centred + 2 * options->amsgrad + 4 * options->decay_biases +
                       8 * options->decoupled));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put(to, bits_of_double(numbers[i]));
}

static void put_owner(struct cursor *to, const BPB(opt) * opt)
{
    put(to, sizeof(real));
    put_options(to, &opt->options);
    put(to, opt->L);
    for (size_t l = 0; l <= opt->L; l++)
        put(to, opt->units[l]);
}

static void put_reals(struct cursor *to, size_t n, const real *x)
{
    for (size_t i = 0; to->out && i < n; i++) {
        unsigned char *at = to->out + to->bytes + i * sizeof *x;
        BPB_SELECT(store_little64, store_little32)
        (at, BPB_SELECT(bits_of_double, bits_of_float)(x[i]));
    }
    to->bytes += n * sizeof *x;
}

static void put_state(struct cursor *to, const BPB(opt) * opt)
{
    put(to, opt->t);
    put(to, bits_of_double(opt->options.eta));
    put(to, bits_of_double(opt->loss));
    put(to, bits_of_double(opt->loss_before));
    for (size_t k = 0; k < opt->form->vectors; k++)
        put_reals(to, opt->P, opt->state[k]);
}

static size_t total_of(const BPB(opt) * opt)
{
    struct cursor counted = {.bytes = START_BYTES};
    put_owner(&counted, opt);
    put_state(&counted, opt);
    return counted.bytes + CRC_BYTES;
}

/* bpb_sopt_pack, bpb_dopt_pack */
bpb_status BPB(opt_pack)(const BPB(opt) * opt, void *buffer, size_t capacity, size_t *bytes)
{
    REQUIRE(opt && bytes, BPB_ERR_NULL);
    const size_t total = total_of(opt);
    *bytes = total;
    if (!buffer)
        return BPB_OK;
    REQUIRE(capacity >= total, BPB_ERR_BUFFER);
    struct cursor written = {.out = buffer};
    put_start(&written, total);
    put_owner(&written, opt);
    put_state(&written, opt);
    store_little32(written.out + written.bytes, bpb_crc32(written.out, written.bytes));
    return BPB_OK;
}

/* ---- Reading ---- */

/* Whether these bytes are a state at all, whole and of this version. */
static bpb_status check_bytes(const unsigned char *found, size_t bytes)
{
    REQUIRE(bytes >= START_BYTES + CRC_BYTES, BPB_ERR_TRUNCATED);
    const uint64_t version = load_little64(found + 8), total = load_little64(found + 16);
    REQUIRE(load_little64(found) == MAGIC && version >= VERSION, BPB_ERR_FORMAT);
    REQUIRE(version <= VERSION, BPB_ERR_VERSION);
    REQUIRE(bytes >= total, BPB_ERR_TRUNCATED);
    REQUIRE(bytes == total, BPB_ERR_FORMAT);
    const uint32_t crc = load_little32(found + bytes - CRC_BYTES);
    REQUIRE(crc == bpb_crc32(found, bytes - CRC_BYTES), BPB_ERR_CHECKSUM);
    return BPB_OK;
}

/* What take_state will write and may be wrong: eta. */
static bpb_status check_state(const BPB(opt) * opt, const unsigned char *state)
{
    const double eta = double_of_bits(load_little64(state + 8));
    struct fpenv env;
    fpenv_enter(&env);
    const bool allowed = BPB(opt_eta_allowed)(&opt->options, eta);
    fpenv_leave(&env);
    REQUIRE(allowed, BPB_ERR_FORMAT);
    return BPB_OK;
}

static void take_reals(size_t n, const unsigned char *found, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = BPB_SELECT(double_of_bits(load_little64(found + 8 * i)),
                          float_of_bits(load_little32(found + 4 * i)));
}

static void take_state(BPB(opt) * opt, const unsigned char *state)
{
    opt->t = load_little64(state);
    opt->options.eta = double_of_bits(load_little64(state + 8));
    opt->loss = double_of_bits(load_little64(state + 16));
    opt->loss_before = double_of_bits(load_little64(state + 24));
    for (size_t k = 0; k < opt->form->vectors; k++)
        take_reals(opt->P, state + 32 + k * opt->P * sizeof(real), opt->state[k]);
}

/* bpb_sopt_unpack, bpb_dopt_unpack */
bpb_status BPB(opt_unpack)(BPB(opt) * opt, const void *buffer, size_t bytes)
{
    REQUIRE(opt && buffer, BPB_ERR_NULL);
    TRY(check_bytes(buffer, bytes));
    REQUIRE(bytes == total_of(opt), BPB_ERR_MISMATCH);
    struct cursor compared = {.found = buffer, .bytes = START_BYTES};
    put_owner(&compared, opt);
    REQUIRE(!compared.differs, BPB_ERR_MISMATCH);
    const unsigned char *state = compared.found + compared.bytes;
    TRY(check_state(opt, state));
    take_state(opt, state);
    return BPB_OK;
}
