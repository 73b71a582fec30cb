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

#include "base/fpenv.h"
#include "base/crc32.h"
#include "base/packed_tmpl.h"
#include "optim/optimiser_tmpl.h"

#define MAGIC 0x0074706f20627062u /* its bytes are "bpb opt\0" */
#define VERSION 2
#define START_BYTES 24
#define CRC_BYTES 4

static void put_start(struct packed *to, size_t total)
{
    packed_put(to, MAGIC);
    packed_put(to, VERSION);
    packed_put(to, total);
}

static void put_options(struct packed *to, const bpb_opt_options *options)
{
    const double numbers[] = {
        options->momentum, options->eta_decay, options->rho, options->beta1,
        options->beta2, options->epsilon, options->decay, options->decay_1,
        options->clip_value, options->clip_norm, options->eta_plus, options->eta_minus,
        options->delta_0, options->delta_min, options->delta_max};
    packed_put(to, (uint64_t)options->method);
    packed_put(to, (uint64_t)(options->centred + 2 * options->amsgrad +
                              4 * options->decay_biases + 8 * options->decoupled));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        packed_put(to, bits_of_double(numbers[i]));
}

static void put_owner(struct packed *to, const opt_t *opt)
{
    packed_put(to, sizeof(real));
    put_options(to, &opt->options);
    packed_put(to, opt->L);
    for (size_t l = 0; l <= opt->L; l++)
        packed_put(to, opt->units[l]);
}

static void put_state(struct packed *to, const opt_t *opt)
{
    packed_put(to, opt->t);
    packed_put(to, bits_of_double(opt->options.eta));
    packed_put(to, bits_of_double(opt->loss));
    packed_put(to, bits_of_double(opt->loss_before));
    for (size_t k = 0; k < opt->form->vectors; k++)
        BPB(packed_reals)(to, opt->P, opt->state[k]);
}

static size_t total_of(const opt_t *opt)
{
    struct packed counted = {.at = START_BYTES};
    put_owner(&counted, opt);
    put_state(&counted, opt);
    return counted.at + CRC_BYTES;
}

/* bpb_opt_pack, bpbf_opt_pack */
bpb_status BPB(opt_pack)(const opt_t *opt, void *buffer, size_t capacity, size_t *bytes)
{
    REQUIRE(opt && bytes, BPB_ERR_NULL);
    const size_t total = total_of(opt);
    *bytes = total;
    if (!buffer)
        return BPB_OK;
    REQUIRE(capacity >= total, BPB_ERR_BUFFER);
    struct packed written = {.out = buffer};
    put_start(&written, total);
    put_owner(&written, opt);
    put_state(&written, opt);
    store_little32(written.out + written.at, bpb_crc32(written.out, written.at));
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
static bpb_status check_state(const opt_t *opt, const unsigned char *state)
{
    const double eta = double_of_bits(load_little64(state + 8));
    struct fpenv env;
    fpenv_enter(&env);
    const bool allowed = BPB(opt_eta_allowed)(&opt->options, eta);
    fpenv_leave(&env);
    REQUIRE(allowed, BPB_ERR_FORMAT);
    return BPB_OK;
}

static void take_state(opt_t *opt, struct packed *state)
{
    packed_u64(state, &opt->t);
    packed_double(state, &opt->options.eta);
    packed_double(state, &opt->loss);
    packed_double(state, &opt->loss_before);
    for (size_t k = 0; k < opt->form->vectors; k++)
        BPB(packed_reals)(state, opt->P, opt->state[k]);
}

/* bpb_opt_unpack, bpbf_opt_unpack */
bpb_status BPB(opt_unpack)(opt_t *opt, const void *buffer, size_t bytes)
{
    REQUIRE(opt && buffer, BPB_ERR_NULL);
    TRY(check_bytes(buffer, bytes));
    REQUIRE(bytes == total_of(opt), BPB_ERR_MISMATCH);
    struct packed compared = {.like = buffer, .at = START_BYTES, .end = bytes};
    put_owner(&compared, opt);
    REQUIRE(!compared.differs, BPB_ERR_MISMATCH);
    TRY(check_state(opt, compared.like + compared.at));
    take_state(opt, &(struct packed){.in = buffer, .at = compared.at, .end = bytes});
    return BPB_OK;
}
