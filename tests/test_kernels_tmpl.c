/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every kernel of this machine doing C = op(A) op(B) + beta E: against sums in long double, and the
 * exact ones bit by bit against the chain of fused multiply-adds that bpblas.h describes.
 */
#include "operands_tmpl.h"

/* ---- References ---- */

enum { LONGEST_SUM = 272 };

struct sums {
    long double *sum, *scale; /* m x n: op(A) op(B), and the same of absolute values */
};

static struct sums make_sums(const struct operands *o)
{
    struct sums sums = {allocate(o->m * o->n, sizeof *sums.sum),
                        allocate(o->m * o->n, sizeof *sums.scale)};
    for (size_t j = 0; j < o->n; j++)
        for (size_t i = 0; i < o->m; i++)
            for (size_t p = 0; p < o->k; p++) {
                const long double term = (long double)*A_at(o, i, p) * (long double)*B_at(o, p, j);
                sums.sum[i + j * o->m] += term;
                sums.scale[i + j * o->m] += fabsl(term);
            }
    return sums;
}

static void free_sums(struct sums *sums)
{
    free(sums->sum);
    free(sums->scale);
}

/* The bound of k + 1 roundings in whatever order, twice. */
static void assert_near(kernel_type *kernel, const struct operands *o, const struct sums *sums,
                        struct addend addend, real *C)
{
    for (size_t j = 0; j < o->n; j++)
        for (size_t i = 0; i < o->m; i++) {
            const real e = addend.beta == 0 ? 0 : *E_at(o, addend, o->C, i, j);
            const long double before = (long double)addend.beta * (long double)e;
            const long double want = sums->sum[i + j * o->m] + before;
            const long double scale = sums->scale[i + j * o->m] + fabsl(before);
            const long double got = (long double)*C_at(o, C, i, j);
            if (!(fabsl(got - want) <= (long double)(o->k + 1) * EPSILON * scale))
                fail_msg("%s %d%d %zu x %zu, %zu terms, beta %g: (%zu, %zu) is %Lg, not %Lg",
                         kernel->name, o->trans_A, o->trans_B, o->m, o->n, o->k,
                         (double)addend.beta, i, j, got, want);
        }
}

static real fused(real a, real b, real c)
{
    return BPB_SELECT(fma, fmaf)(a, b, c);
}

/* The sum of entry (i, j) over terms first .. first+terms-1, from 0 and in their order. */
static real chain(const struct operands *o, size_t i, size_t j, size_t first, size_t terms)
{
    real sum = 0;
    for (size_t p = first; p < o->k && p < first + terms; p++)
        sum = fused(*A_at(o, i, p), *B_at(o, p, j), sum);
    return sum;
}

/* C by parts of the sums, as equal as can be; each takes what is there, the first beta E. */
static real *chains_of(const struct operands *o, struct addend addend)
{
    const size_t parts = (o->k + LONGEST_SUM - 1) / LONGEST_SUM;
    const size_t terms = (o->k + parts - 1) / parts;
    real *C = copy_C(o, addend);
    for (size_t j = 0; j < o->n; j++)
        for (size_t i = 0; i < o->m; i++) {
            real c = chain(o, i, j, 0, terms);
            if (addend.beta != 0)
                c = fused(addend.beta, *E_at(o, addend, o->C, i, j), c);
            for (size_t p = terms; p < o->k; p += terms)
                c += chain(o, i, j, p, terms);
            *C_at(o, C, i, j) = c;
        }
    return C;
}

/* ---- Shapes ---- */

struct size3 {
    size_t m, n, k;
};

enum { SMALL = 20 };

static struct size3 small_shape(struct rng *rng)
{
    return (struct size3){rng_between(rng, 1, 70), rng_between(rng, 1, 70),
                          rng_between(rng, 1, 70)};
}

/* Sums of several parts, and more rows and columns than are packed at a time. */
static const struct size3 large_shapes[] = {
    {37, 41, 401}, {19, 30, 799},  {25, 8, 801},   {3, 61, 1201}, {479, 30, 7},
    {481, 29, 21}, {1100, 17, 9},  {7, 2047, 5},   {5, 2061, 9},  {3, 4100, 3},
    {481, 2050, 1}, {481, 3, 401}, {5, 2049, 401}, {48, 28, 400}, {96, 56, 64},
    {75, 1, 131},  {130, 1, 3},  {9, 1, 801},
};

/* Do something for random small shapes and all large ones, with every transposition. */
static void for_all_shapes(uint64_t seed, void (*check)(const struct operands *o))
{
    struct rng rng = {seed};
    for (size_t s = 0; s < SMALL + COUNT(large_shapes); s++) {
        const struct size3 size = s < SMALL ? small_shape(&rng) : large_shapes[s - SMALL];
        for (unsigned which = 0; which < (size.m * size.n < 500000 ? 4 : 1); which++) {
            struct operands o = make_operands(&rng, size.m, size.n, size.k, which);
            check(&o);
            free_operands(&o);
        }
    }
}

/* ---- Tests ---- */

static void check_near(const struct operands *o)
{
    kernel_type *kernels[KERNELS];
    const size_t count = all_kernels(kernels);
    struct sums sums = make_sums(o);
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < COUNT(addends); b++) {
            real *C = result_of(kernels[i], o, addends[b]);
            assert_near(kernels[i], o, &sums, addends[b], C);
            free(C);
        }
    free_sums(&sums);
}

static void kernels__equal_the_reference(void **state)
{
    (void)state;
    for_all_shapes(1, check_near);
}

static void check_chains(const struct operands *o)
{
    kernel_type *kernels[KERNELS];
    const size_t count = exact_kernels(kernels);
    for (size_t b = 0; b < COUNT(addends); b++) {
        real *want = chains_of(o, addends[b]);
        for (size_t i = 0; i < count; i++) {
            real *C = result_of(kernels[i], o, addends[b]);
            assert_same_C(o, C, want);
            free(C);
        }
        free(want);
    }
}

static void exact_kernels__are_one_chain_of_fused_operations(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS];
    if (exact_kernels(kernels) == 0)
        skip();
    for_all_shapes(2, check_chains);
}

/* C by four parts, cut anywhere. */
static real *result_by_parts(kernel_type *kernel, const struct operands *o, struct addend addend,
                             struct rng *rng)
{
    const size_t i = rng_between(rng, 0, o->m), j = rng_between(rng, 0, o->n);
    real *C = copy_C(o, addend);
    for (int part = 0; part < 4; part++) {
        const bool below = part % 2, right = part / 2;
        const size_t rows = below ? o->m - i : i, cols = right ? o->n - j : j;
        if (rows && cols)
            run_part(kernel, o, addend, below ? i : 0, rows, right ? j : 0, cols, C);
    }
    assert_guards(o, C);
    return C;
}

static void check_cuts(const struct operands *o)
{
    kernel_type *kernels[KERNELS];
    const size_t count = exact_kernels(kernels);
    struct rng rng = {o->m * 10007 + o->n * 101 + o->k};
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < COUNT(addends); b++) {
            real *want = result_of(kernels[i], o, addends[b]);
            real *C = result_by_parts(kernels[i], o, addends[b], &rng);
            assert_same_C(o, C, want);
            free(want);
            free(C);
        }
}

static void exact_kernels__may_be_cut_anywhere(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS];
    if (exact_kernels(kernels) == 0)
        skip();
    for_all_shapes(3, check_cuts);
}

static void exact_kernels__are_those_of_this_machine(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS], *exact[KERNELS];
    const size_t count = all_kernels(kernels), others = exact_kernels(exact);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t j = 0; j < others; j++)
            found = found || kernels[i] == exact[j];
        assert_int_equal(kernels[i]->exact, found);
    }
    assert_int_equal(BPB(kernel_tiles)() != NULL, others > 0);
    assert_int_equal(BPB(kernel_packed)() != NULL, others > 0);
}

/* Row i of C has nothing finite, or column j; the rest keeps its bits. */
static void assert_only_there(const struct operands *o, real *C, real *before, bool row, size_t at)
{
    for (size_t j = 0; j < o->n; j++)
        for (size_t i = 0; i < o->m; i++) {
            if ((row ? i : j) == at)
                assert_false(isfinite(*C_at(o, C, i, j)));
            else
                assert_same_bits(1, C_at(o, C, i, j), C_at(o, before, i, j));
        }
}

static void check_nonfinite(kernel_type *kernel, const struct operands *o, real value,
                            struct rng *rng)
{
    const struct addend addend = {1, IN_C};
    for (int row = 0; row <= 1; row++) {
        const size_t at = rng_between(rng, 0, (row ? o->m : o->n) - 1);
        const size_t p = rng_between(rng, 0, o->k - 1);
        real *entry = row ? A_at(o, at, p) : B_at(o, p, at), kept = *entry;
        real *before = result_of(kernel, o, addend);
        *entry = value;
        real *C = result_of(kernel, o, addend);
        *entry = kept;
        assert_only_there(o, C, before, row, at);
        free(before);
        free(C);
    }
}

static void kernels__keep_nonfinite_values_in_their_row_and_column(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS];
    const size_t count = all_kernels(kernels);
    struct rng rng = {4};
    for (unsigned round = 0; round < 48; round++) {
        const struct size3 size = round < 40 ? small_shape(&rng) : (struct size3){49, 31, 403};
        struct operands o = make_operands(&rng, size.m, size.n, size.k, round % 4);
        for (size_t i = 0; i < count; i++) {
            check_nonfinite(kernels[i], &o, (real)NAN, &rng);
            check_nonfinite(kernels[i], &o, (real)INFINITY, &rng);
        }
        free_operands(&o);
    }
}

static void scratch__is_never_less_for_a_larger_product(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS];
    const size_t count = all_kernels(kernels), more = exact_kernels(kernels + count);
    struct rng rng = {5};
    for (int round = 0; round < 2000; round++) {
        const size_t m = rng_between(&rng, 1, 1500), n = rng_between(&rng, 1, 5000);
        const size_t k = rng_between(&rng, 1, 1500), side = rng_between(&rng, 0, 2);
        for (size_t i = 0; i < count + more; i++)
            for (int t = NO_TRANS; t <= TRANS; t++)
                assert_true(kernels[i]->scratch((enum trans)t, m, n, k) <=
                            kernels[i]->scratch((enum trans)t, m + (side == 0), n + (side == 1),
                                                k + (side == 2)));
    }
}

/* As bpblas.h says of a work. */
static void scratch__is_within_its_limits(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS];
    const size_t count = exact_kernels(kernels), many = 100000;
    for (size_t i = 0; i < count; i++) {
        const bool packs = strcmp(kernels[i]->name, "packed") == 0;
        const size_t limit = packs ? 8 * 1024 * 1024 : 150 * 1024;
        for (int t = NO_TRANS; t <= TRANS; t++)
            assert_in_range(kernels[i]->scratch((enum trans)t, many, many, many) * sizeof(real), 0,
                            limit);
    }
    assert_int_equal(BPB(kernel_cblas).scratch(TRANS, many, many, many), 0);
}

static void kernel_named__wants_the_whole_name(void **state)
{
    (void)state;
    kernel_type *kernels[KERNELS];
    const size_t count = all_kernels(kernels);
    for (size_t i = 0; i < count; i++) {
        const char *name = kernels[i]->name;
        assert_ptr_equal(BPB(kernel_named)(name, strlen(name)), kernels[i]);
        assert_null(BPB(kernel_named)(name, strlen(name) - 1));
    }
    assert_ptr_equal(BPB(kernel_named)("cblas-", 5), &BPB(kernel_cblas));
    assert_null(BPB(kernel_named)("Cblas", 5));
    assert_null(BPB(kernel_named)("", 0));
    assert_ptr_equal(kernels[0], &BPB(kernel_cblas));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels__equal_the_reference),
        cmocka_unit_test(exact_kernels__are_one_chain_of_fused_operations),
        cmocka_unit_test(exact_kernels__may_be_cut_anywhere),
        cmocka_unit_test(exact_kernels__are_those_of_this_machine),
        cmocka_unit_test(kernels__keep_nonfinite_values_in_their_row_and_column),
        cmocka_unit_test(scratch__is_never_less_for_a_larger_product),
        cmocka_unit_test(scratch__is_within_its_limits),
        cmocka_unit_test(kernel_named__wants_the_whole_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
