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
 * Flags: 1 centred, 2 amsgrad, 4 decay_biases, 8 decoupled. This is version 2. Version 1, which
 * knew fewer options, was in no release, and is not read.
 */
#include <float.h>
#include <math.h>
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

/* The numbers of methods in files. 6 and 7 were AMSGrad and AdamW until version 0.4: Adam with a
 * flag. */
enum { OLD_AMSGRAD = 6, OLD_ADAMW = 7 };
static const unsigned char method_numbers[] = {
    [BPB_SGD] = 0,     [BPB_MOMENTUM] = 1, [BPB_NESTEROV] = 2,    [BPB_ADAGRAD] = 3,
    [BPB_RMSPROP] = 4, [BPB_ADAM] = 5,     [BPB_IRPROP_PLUS] = 8, [BPB_IRPROP_MINUS] = 9,
};

enum { CENTRED = 1, AMSGRAD = 2, DECAY_BIASES = 4, DECOUPLED = 8 };

static uint64_t flags_of(const bpb_opt_options *options)
{
    return (options->tuning.centred ? CENTRED : 0) | (options->tuning.amsgrad ? AMSGRAD : 0) |
           (options->decay_biases ? DECAY_BIASES : 0) | (options->decoupled ? DECOUPLED : 0);
}

/* In the order of the file. */
static const struct {
    const char *name;
    size_t at; /* in the options */
} numbers[] = {
#define NUMBER(member)                                                                             \
    {                                                                                              \
#member, offsetof(bpb_opt_options, member)                                                 \
    }
    NUMBER(tuning.momentum),
    NUMBER(tuning.eta_decay),
    NUMBER(tuning.rho),
    NUMBER(tuning.beta1),
    NUMBER(tuning.beta2),
    NUMBER(tuning.epsilon),
    NUMBER(decay),
    NUMBER(decay_1),
    NUMBER(tuning.clip_value),
    NUMBER(tuning.clip_norm),
    NUMBER(tuning.eta_plus),
    NUMBER(tuning.eta_minus),
    NUMBER(tuning.delta_0),
    NUMBER(tuning.delta_min),
    NUMBER(tuning.delta_max),
#undef NUMBER
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double *number_in(bpb_opt_options *options, size_t i)
{
    return (double *)((char *)options + numbers[i].at);
}

static void put_options(struct packed *to, const bpb_opt_options *options)
{
    bpb_opt_options copy = *options;
    packed_put(to, method_numbers[options->method]);
    packed_put(to, flags_of(options));
    for (size_t i = 0; i < NUMBERS; i++)
        packed_put(to, bits_of_double(*number_in(&copy, i)));
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
    REQUIRE_POINTER(opt);
    REQUIRE_POINTER(bytes);
    const size_t total = total_of(opt);
    *bytes = total;
    if (!buffer)
        return BPB_OK;
    REQUIRE(capacity >= total, BPB_ERR_BUFFER,
            "the state takes %zu bytes; buffer has a capacity of %zu", total, capacity);
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
    const char *none = "the bytes are not the packed state of an optimiser";
    REQUIRE(bytes >= START_BYTES + CRC_BYTES, BPB_ERR_TRUNCATED,
            "the state of the optimiser ends after %zu bytes", bytes);
    const uint64_t version = load_little64(found + 8), total = load_little64(found + 16);
    REQUIRE(load_little64(found) == MAGIC && version >= VERSION, BPB_ERR_FORMAT, "%s", none);
    REQUIRE(version <= VERSION, BPB_ERR_VERSION,
            "the state of the optimiser is of version %zu; this library reads version %d",
            (size_t)version, VERSION);
    REQUIRE(bytes >= total, BPB_ERR_TRUNCATED,
            "the state of the optimiser ends after %zu of %zu bytes", bytes, (size_t)total);
    REQUIRE(bytes == total, BPB_ERR_FORMAT,
            "%zu bytes were given; the state of the optimiser has %zu", bytes, (size_t)total);
    const uint32_t crc = load_little32(found + bytes - CRC_BYTES);
    REQUIRE(crc == bpb_crc32(found, bytes - CRC_BYTES), BPB_ERR_CHECKSUM,
            "the state of the optimiser does not match its checksum");
    return BPB_OK;
}

/* What a file says of a method: its name, NULL for a number that is none, and its flags. */
static const char *read_method(struct packed *read, uint64_t *flags)
{
    uint64_t number = UINT64_MAX;
    packed_u64(read, &number);
    packed_u64(read, flags);
    if (number == OLD_AMSGRAD)
        *flags |= AMSGRAD;
    if (number == OLD_AMSGRAD || number == OLD_ADAMW)
        number = method_numbers[BPB_ADAM];
    for (size_t i = 0; i < sizeof method_numbers; i++)
        if (method_numbers[i] == number)
            return bpb_name(BPB_NAMES_METHOD, (int)i);
    return NULL;
}

static bpb_status check_flags(const struct state_owner *owner, uint64_t found, uint64_t own)
{
    static const struct {
        const char *name;
        unsigned flag;
    } flags[] = {{"tuning.centred", CENTRED},
                 {"tuning.amsgrad", AMSGRAD},
                 {"decay_biases", DECAY_BIASES},
                 {"decoupled", DECOUPLED}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        REQUIRE((found & flags[i].flag) == (own & flags[i].flag), BPB_ERR_MISMATCH,
                "%s with %s %d, not %d", owner->name, flags[i].name, (found & flags[i].flag) != 0,
                (own & flags[i].flag) != 0);
    REQUIRE(found == own, BPB_ERR_FORMAT, "the state of the optimiser has unknown flags");
    return BPB_OK;
}

/* Whether a run's lambda / n is this decay, up to rounding. */
static bool is_same_decay(const struct state_owner *owner, double found, double own)
{
    return owner->n > 0 && fabs(found - own) <= 2 * DBL_EPSILON * own;
}

static bpb_status check_numbers(const struct state_owner *owner, struct packed *read,
                                bpb_opt_options *own)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        const bool decays = number_in(own, i) == &own->decay || number_in(own, i) == &own->decay_1;
        double found = NAN, *number = number_in(own, i);
        packed_double(read, &found);
        REQUIRE(!read->failed, BPB_ERR_FORMAT, "the state of the optimiser has only %zu bytes",
                read->end);
        if (bits_of_double(found) == bits_of_double(*number))
            continue;
        if (decays && is_same_decay(owner, found, *number)) {
            *number = found;
            continue;
        }
        if (decays && owner->n > 0)
            REFUSE(BPB_ERR_MISMATCH, "%s with %s %g, not %g", owner->name,
                   number == &own->decay ? "lambda" : "lambda_1", found * (double)owner->n,
                   *number * (double)owner->n);
        REFUSE(BPB_ERR_MISMATCH, "%s with %s %g, not %g", owner->name, numbers[i].name, found,
               *number);
    }
    return BPB_OK;
}

static bpb_status check_widths(const struct state_owner *owner, struct packed *read,
                               const opt_t *opt)
{
    uint64_t L = 0;
    packed_u64(read, &L);
    REQUIRE(L == opt->L, BPB_ERR_MISMATCH, "%s for a net of %zu layers, not %zu", owner->name,
            (size_t)L, opt->L);
    for (size_t l = 0; l <= opt->L; l++) {
        uint64_t units = 0;
        packed_u64(read, &units);
        REQUIRE(units == opt->units[l], BPB_ERR_MISMATCH,
                "%s for a net whose layer %zu is %zu wide, not %zu", owner->name, l, (size_t)units,
                opt->units[l]);
    }
    return BPB_OK;
}

/* Whether the state is of such an optimiser; own becomes its options. */
static bpb_status check_owner(const struct state_owner *owner, struct packed *read,
                              const opt_t *opt, bpb_opt_options *own)
{
    uint64_t real_bytes = 0, flags = 0;
    packed_u64(read, &real_bytes);
    REQUIRE(real_bytes == sizeof(float) || real_bytes == sizeof(double), BPB_ERR_FORMAT,
            "the state of the optimiser is of numbers of %zu bytes", (size_t)real_bytes);
    REQUIRE(real_bytes == sizeof(real), BPB_ERR_MISMATCH, "%s in %s precision, not %s", owner->name,
            real_bytes == sizeof(float) ? "float" : "double", BPB_SELECT("double", "float"));
    const char *method = read_method(read, &flags),
               *own_method = bpb_name(BPB_NAMES_METHOD, (int)own->method);
    REQUIRE(method, BPB_ERR_FORMAT, "the state of the optimiser is of an unknown method");
    REQUIRE(strcmp(method, own_method) == 0, BPB_ERR_MISMATCH, "%s with method %s, not %s",
            owner->name, method, own_method);
    TRY(check_flags(owner, flags, flags_of(own)));
    TRY(check_numbers(owner, read, own));
    TRY(check_widths(owner, read, opt));
    REQUIRE(read->end == total_of(opt), BPB_ERR_FORMAT,
            "the state of the optimiser has %zu bytes, not %zu", read->end, total_of(opt));
    return BPB_OK;
}

/* What take_state will write and may be wrong: eta. */
static bpb_status check_eta(const bpb_opt_options *options, const unsigned char *state)
{
    struct fpenv env;
    fpenv_enter(&env);
    const double eta = double_of_bits(load_little64(state + 8));
    const bool allowed = BPB(opt_check_eta)("eta", options, eta) == BPB_OK;
    fpenv_leave(&env);
    REQUIRE(allowed, BPB_ERR_FORMAT, "the state of the optimiser has eta %g", eta);
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

bpb_status BPB(opt_unpack_of)(const struct state_owner *owner, opt_t *opt,
                              const unsigned char *found, size_t bytes)
{
    TRY(check_bytes(found, bytes));
    struct packed read = {.in = found, .at = START_BYTES, .end = bytes};
    bpb_opt_options options = opt->options;
    TRY(check_owner(owner, &read, opt, &options));
    TRY(check_eta(&options, found + read.at));
    opt->options = options;
    take_state(opt, &read);
    return BPB_OK;
}

/* bpb_opt_unpack, bpbf_opt_unpack */
bpb_status BPB(opt_unpack)(opt_t *opt, const void *buffer, size_t bytes)
{
    REQUIRE_POINTER(opt);
    REQUIRE_POINTER(buffer);
    const struct state_owner owner = {.name = "the state is of an optimiser"};
    return BPB(opt_unpack_of)(&owner, opt, buffer, bytes);
}

const char *BPB(packed_method)(const unsigned char *found, size_t bytes)
{
    uint64_t flags;
    struct packed read = {.in = found, .at = START_BYTES + 8, .end = bytes};
    return bytes < read.at ? NULL : read_method(&read, &flags);
}
