/* SPDX-License-Identifier: BSD-3-Clause */
/* Wisdom: a plan as text and back, what is no wisdom, and the file. */
#include "outcome_tmpl.h"
#include "temporary_files.h" /* after cmocka.h */

enum { B = 20, COLS = 90, TEXT = 4096 };

static const size_t units[] = {30, 17, 5}; /* whose products the lines below name */
static struct subject s;

static bpb_status plan_by(const char *text, plan_t **plan)
{
    return BPB(plan_create)(plan, s.net, &(bpb_plan_options){.batch = B, .wisdom = text});
}

/* ---- Round trip ---- */

/* Plan -> text -> plan: the same text, and the same bits. */
static void check_round_trip(const bpb_plan_options *options)
{
    plan_t *plan = NULL, *again = NULL;
    assert_ok(BPB(plan_create)(&plan, s.net, options));
    char *text = wisdom_of(plan);
    bpb_plan_options by_text = *options;
    by_text.planning = BPB_PLAN_ESTIMATE;
    by_text.wisdom = text;
    const bpb_status status = BPB(plan_create)(&again, s.net, &by_text);
    if (status)
        fail_msg("batch %zu, planning %d: its own wisdom is refused (%d):\n%s", options->batch,
                 options->planning, status, text);
    char *same = wisdom_of(again);
    struct outcome want = outcome_of(&s, plan, B), got = outcome_of(&s, again, B);
    assert_string_equal(same, text);
    assert_same_outcome(&s, &got, &want);
    free_outcome(&want);
    free_outcome(&got);
    free(text);
    free(same);
    BPB(plan_destroy)(&plan);
    BPB(plan_destroy)(&again);
}

static void check_round_trips(bpb_planning planning)
{
    static const size_t batches[] = {B, 64, 65, 100};
    for (size_t i = 0; i < COUNT(batches); i++)
        for (int unpadded = 0; unpadded <= 1; unpadded++)
            check_round_trip(&(bpb_plan_options){
                .batch = batches[i], .unpadded = unpadded, .planning = planning});
}

static void wisdom__makes_an_estimated_plan_again(void **state)
{
    (void)state;
    check_round_trips(BPB_PLAN_ESTIMATE);
}
static void wisdom__makes_a_measured_plan_again(void **state)
{
    (void)state;
    check_round_trips(BPB_PLAN_MEASURE);
}
static void wisdom__makes_a_plan_of_the_blas_again(void **state)
{
    (void)state;
    check_round_trips(BPB_PLAN_CBLAS);
}

static void wisdom__has_one_line_a_product(void **state)
{
    (void)state;
    plan_t *plan = NULL;
    bpb_plan_choice entry;
    char want[TEXT] = WISDOM_TITLE;
    assert_ok(plan_by(NULL, &plan));
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        if (entry.chosen)
            snprintf(want + strlen(want), TEXT - strlen(want), "%s %s %zu %zu %zu %s\n", PRECISION,
                     entry.product, entry.m, entry.n, entry.k, entry.kernel);
    char *text = wisdom_of(plan);
    assert_string_equal(text, want);
    free(text);
    BPB(plan_destroy)(&plan);
}

static void plan_wisdom__tells_how_much_it_needs(void **state)
{
    (void)state;
    plan_t *plan = NULL;
    size_t bytes = 0, again = 0;
    char text[TEXT];
    assert_ok(plan_by(NULL, &plan));
    assert_ok(BPB(plan_wisdom)(plan, NULL, 77, &bytes));
    assert_in_range(bytes, 17, TEXT - 1);
    memset(text, 'x', sizeof text);
    assert_int_equal(BPB(plan_wisdom)(plan, text, bytes - 1, &again), BPB_ERR_BUFFER);
    assert_int_equal(again, bytes);
    for (size_t i = 0; i < TEXT; i++)
        assert_int_equal(text[i], 'x');
    assert_ok(BPB(plan_wisdom)(plan, text, bytes, &again));
    assert_int_equal(text[bytes - 1], '\0');
    assert_int_equal(text[bytes], 'x');
    BPB(plan_destroy)(&plan);
}

static void plan_wisdom__needs_pointers(void **state)
{
    (void)state;
    plan_t *plan = NULL;
    size_t bytes = 5;
    char text[TEXT] = "kept";
    assert_ok(plan_by(NULL, &plan));
    assert_int_equal(BPB(plan_wisdom)(NULL, text, TEXT, &bytes), BPB_ERR_NULL);
    assert_int_equal(BPB(plan_wisdom)(plan, text, TEXT, NULL), BPB_ERR_NULL);
    assert_int_equal(bytes, 5);
    assert_string_equal(text, "kept");
    BPB(plan_destroy)(&plan);
}

/* ---- What is read ---- */

#define LINE(product, sizes, kernel) PRECISION " " product " " sizes " " kernel "\n"
#define FORWARD_1 "17 20 30" /* layer 1's, of the subject by a plan of batch B */
#define FORWARD_2 "5 20 17"
#define OTHER_PRECISION BPB_SELECT("s", "d")

/* Whether the plan does this product of a layer by this kernel. */
static bool chose(const plan_t *plan, const char *product, size_t layer, const char *kernel)
{
    bpb_plan_choice entry;
    for (size_t i = 0; next_entry(plan, i, &entry); i++)
        if (entry.layer == layer && strcmp(entry.product, product) == 0 &&
            strcmp(entry.kernel, kernel) == 0)
            return entry.chosen;
    return false;
}

static void assert_forward(const char *text, const char *kernel_1, const char *kernel_2)
{
    plan_t *plan = NULL;
    if (plan_by(text, &plan))
        fail_msg("refused:\n%s", text);
    if (!chose(plan, "forward", 1, kernel_1) || !chose(plan, "forward", 2, kernel_2))
        fail_msg("not chosen as by\n%s", text);
    BPB(plan_destroy)(&plan);
}

/* What the plan does without any wisdom; neither of the two that the tests choose instead. */
static const char *estimated(void)
{
    plan_t *plan = NULL;
    assert_ok(plan_by(NULL, &plan));
    const char *kernel = chose(plan, "forward", 1, "tiles") ? "tiles" : "cblas";
    BPB(plan_destroy)(&plan);
    return kernel;
}

#define TRANSPOSED LINE("forward", FORWARD_1, "cblas-transposed")

static void wisdom__names_the_products_it_knows(void **state)
{
    (void)state;
    const char *other = estimated();
    assert_forward(WISDOM_TITLE, other, other);
    assert_forward("bpblas wisdom 1", other, other);
    assert_forward(WISDOM_TITLE TRANSPOSED, "cblas-transposed", other);
    assert_forward(WISDOM_TITLE "\n\n" TRANSPOSED "\n", "cblas-transposed", other);
    assert_forward(WISDOM_TITLE PRECISION " forward " FORWARD_1 " cblas-transposed",
                   "cblas-transposed", other);
    assert_forward(WISDOM_TITLE TRANSPOSED LINE("forward", FORWARD_2, "cblas-transposed"),
                   "cblas-transposed", "cblas-transposed");
}

static void wisdom__of_others_changes_nothing(void **state)
{
    (void)state;
    const char *other = estimated();
    static const char *const texts[] = {
        WISDOM_TITLE OTHER_PRECISION " forward " FORWARD_1 " cblas-transposed\n",
        WISDOM_TITLE LINE("forward", "18 20 30", "cblas-transposed"),
        WISDOM_TITLE LINE("forward", "17 21 30", "cblas-transposed"),
        WISDOM_TITLE LINE("forward", "17 20 31", "cblas-transposed"),
        WISDOM_TITLE LINE("delta", FORWARD_1, "cblas-transposed"),
        WISDOM_TITLE LINE("gradient", FORWARD_1, "cblas-transposed"),
        WISDOM_TITLE LINE("predict", FORWARD_1, "cblas"),
        WISDOM_TITLE LINE("forward", "2147483647 2147483647 1", "cblas-transposed"),
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_forward(texts[i], other, other);
}

static void wisdom__of_two_lines_takes_the_last(void **state)
{
    (void)state;
    const char *other = estimated();
    const char *cblas = LINE("forward", FORWARD_1, "cblas");
    char text[TEXT];
    snprintf(text, sizeof text, "%s%s%s", WISDOM_TITLE, cblas, TRANSPOSED);
    assert_forward(text, "cblas-transposed", other);
    snprintf(text, sizeof text, "%s%s%s", WISDOM_TITLE, TRANSPOSED, cblas);
    assert_forward(text, "cblas", other);
    snprintf(text, sizeof text, "%s%s%s%s", WISDOM_TITLE, cblas, WISDOM_TITLE, TRANSPOSED);
    assert_forward(text, "cblas-transposed", other);
}

/* Of no form: whatever the net. */
static const char *const bad_form[] = {
    "",
    "\n" WISDOM_TITLE,
    " " WISDOM_TITLE,
    "bpblas wisdom",
    "bpblas wisdom 2\n",
    "bpblas wisdom 10\n",
    "bpblas wisdom 1 \n",
    "bpblas wisdom 1\r\n",
    "BPBLAS wisdom 1\n",
    TRANSPOSED,
    WISDOM_TITLE "junk\n",
    WISDOM_TITLE TRANSPOSED "junk\n" TRANSPOSED,
    WISDOM_TITLE " " TRANSPOSED,
    WISDOM_TITLE PRECISION "\n",
    WISDOM_TITLE PRECISION " forward\n",
    WISDOM_TITLE PRECISION " forward 17 20\n",
    WISDOM_TITLE PRECISION " forward 17 20 30\n",
    WISDOM_TITLE PRECISION " forward 17 20 30 \n",
    WISDOM_TITLE PRECISION " forward 17 20 30",
    WISDOM_TITLE PRECISION " forward 17  20 30 cblas\n",
    WISDOM_TITLE PRECISION "  forward 17 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forward 17 20 30 cblas more\n",
    WISDOM_TITLE PRECISION " forward 17 20 30 cblas 1\n",
    WISDOM_TITLE PRECISION " forward\t17 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forwards 17 20 30 cblas\n",
    WISDOM_TITLE PRECISION " backward 17 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forward -17 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forward +17 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forward 0x11 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forward 17.0 20 30 cblas\n",
    WISDOM_TITLE PRECISION " forward 17 20 1e1 cblas\n",
    WISDOM_TITLE PRECISION " forward 17 99999999999999999999999999 30 cblas\n",
    WISDOM_TITLE PRECISION " forward 17 18446744073709551636 30 cblas\n", /* 2^64 + 20 */
    WISDOM_TITLE "x forward 17 20 30 cblas\n",
    WISDOM_TITLE "sd forward 17 20 30 cblas\n",
};
/* Of the right form, for a product of this plan. */
static const char *const bad_kernel[] = {
    WISDOM_TITLE LINE("forward", FORWARD_1, "fastest"),
    WISDOM_TITLE LINE("forward", FORWARD_1, "cbla"),
    WISDOM_TITLE LINE("forward", FORWARD_1, "cblas-"),
    WISDOM_TITLE LINE("forward", FORWARD_1, "Tiles"),
    WISDOM_TITLE LINE("delta", "17 20 5", "cblas2"),
    WISDOM_TITLE LINE("gradient", "17 30 20", "-"),
    WISDOM_TITLE TRANSPOSED LINE("predict", "17 64 30", "cblas"), /* breaks predict's promise */
};

static void assert_refused(const char *text)
{
    plan_t *const before = (plan_t *)(void *)&s;
    plan_t *plan = before;
    const bpb_status status = plan_by(text, &plan);
    if (status != BPB_ERR_FORMAT)
        fail_msg("status %d for\n%s", status, text);
    assert_ptr_equal(plan, before);
}

static void wisdom__that_is_none_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_form); i++)
        assert_refused(bad_form[i]);
    for (size_t i = 0; i < COUNT(bad_kernel); i++)
        assert_refused(bad_kernel[i]);
}

/* Every text that a plan's own wisdom is cut to: a wisdom, or refused, but no accident. */
static void wisdom__cut_anywhere_is_harmless(void **state)
{
    (void)state;
    plan_t *plan = NULL;
    assert_ok(plan_by(NULL, &plan));
    char *text = wisdom_of(plan);
    BPB(plan_destroy)(&plan);
    for (size_t length = strlen(text); length-- > 0;) {
        char *part = allocate(length + 1, 1); /* of its size, for the sanitizers */
        memcpy(part, text, length);
        const bpb_status status = plan_by(part, &plan);
        assert_true(status == BPB_OK || status == BPB_ERR_FORMAT);
        assert_int_equal(plan != NULL, status == BPB_OK);
        BPB(plan_destroy)(&plan);
        free(part);
    }
    free(text);
}

/* ---- The file ---- */

static void assert_file(const char *path, const char *content)
{
    char *text = NULL;
    assert_ok(bpb_wisdom_load(&text, path));
    assert_string_equal(text, content);
    bpb_free(text);
}

static void wisdom_file__round_trip(void **state)
{
    (void)state;
    plan_t *plan = NULL;
    assert_ok(plan_by(NULL, &plan));
    char *text = wisdom_of(plan);
    const char *path = path_of("wisdom");
    assert_ok(bpb_wisdom_save(WISDOM_TITLE, path));
    assert_file(path, WISDOM_TITLE);
    assert_ok(bpb_wisdom_save(text, path)); /* in place of the other */
    assert_file(path, text);
    assert_ok(bpb_wisdom_save("bpblas wisdom 1", path));
    assert_file(path, "bpblas wisdom 1");
    assert_int_equal(count_files(1), 1);
    free(text);
    BPB(plan_destroy)(&plan);
}

static void wisdom_save__keeps_the_old_file_from_what_is_none(void **state)
{
    (void)state;
    const char *path = path_of("wisdom");
    assert_ok(bpb_wisdom_save(WISDOM_TITLE TRANSPOSED, path));
    for (size_t i = 0; i < COUNT(bad_form); i++)
        assert_int_equal(bpb_wisdom_save(bad_form[i], path), BPB_ERR_FORMAT);
    assert_int_equal(bpb_wisdom_save(bad_form[0], path_of("new")), BPB_ERR_FORMAT);
    assert_file(path, WISDOM_TITLE TRANSPOSED);
    assert_int_equal(count_files(1), 1);
}

static void assert_not_loaded(const char *path, bpb_status want)
{
    char *const before = folder;
    char *text = before;
    assert_int_equal(bpb_wisdom_load(&text, path), want);
    assert_ptr_equal(text, before);
}

static void wisdom_load__refuses_what_is_none(void **state)
{
    (void)state;
    static const char with_nul[] = WISDOM_TITLE "\0" TRANSPOSED;
    const char *path = path_of("wisdom");
    for (size_t i = 0; i < COUNT(bad_form); i++) {
        write_file(path, bad_form[i], strlen(bad_form[i]));
        assert_not_loaded(path, BPB_ERR_FORMAT);
    }
    write_file(path, with_nul, sizeof with_nul - 1);
    assert_not_loaded(path, BPB_ERR_FORMAT);
    write_file(path, WISDOM_TITLE, strlen(WISDOM_TITLE) + 1); /* with its closing 0 */
    assert_not_loaded(path, BPB_ERR_FORMAT);
    assert_int_equal(count_files(1), 1);
}

static void wisdom_load__refuses_junk_of_any_kind(void **state)
{
    (void)state;
    const char *path = path_of("wisdom");
    uint64_t random = 1;
    for (size_t round = 0; round < 50; round++) {
        unsigned char bytes[200];
        memcpy(bytes, WISDOM_TITLE, strlen(WISDOM_TITLE));
        for (size_t i = strlen(WISDOM_TITLE); i < sizeof bytes; i++)
            bytes[i] = (unsigned char)bpb_random_bits(&random);
        write_file(path, bytes, sizeof bytes);
        assert_not_loaded(path, BPB_ERR_FORMAT);
    }
    assert_int_equal(count_files(1), 1);
}

static void wisdom_file__that_cannot_be(void **state)
{
    (void)state;
    assert_not_loaded(path_of("missing"), BPB_ERR_IO);
    assert_not_loaded(folder, BPB_ERR_IO);
    assert_int_equal(bpb_wisdom_save(WISDOM_TITLE, path_of("missing/wisdom")), BPB_ERR_IO);
    assert_int_equal(count_files(1), 0);
}

static void wisdom_file__needs_pointers(void **state)
{
    (void)state;
    char *text = NULL;
    assert_int_equal(bpb_wisdom_save(NULL, path_of("wisdom")), BPB_ERR_NULL);
    assert_int_equal(bpb_wisdom_save(WISDOM_TITLE, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_wisdom_load(NULL, path_of("wisdom")), BPB_ERR_NULL);
    assert_int_equal(bpb_wisdom_load(&text, NULL), BPB_ERR_NULL);
    assert_null(text);
    assert_int_equal(count_files(1), 0);
}

/* ---- Train ---- */

static bpb_status train_by(const bpb_train_options *options, real *theta)
{
    const data_t data = {.train = {.X = X_of(&s, 0, COLS), .T = T_of(&s, 0, COLS)}};
    const bpb_status status = BPB(train)(s.net, &data, options, NULL);
    memcpy(theta, BPB(net_ctheta)(s.net), s.P * sizeof *theta);
    memcpy(BPB(net_theta)(s.net), s.theta, s.P * sizeof *theta);
    return status;
}

/* By wisdom for every product of a step, the planning does not matter any more. The kernel rounds
 * once more than those of our own do. */
static void train__goes_by_its_wisdom(void **state)
{
    (void)state;
    char text[TEXT];
    bpb_train_options options = {.eta = 0.5, .lambda = 3, .epochs = 2, .batch = B};
    real *without = make_reals(s.P), *got = make_reals(s.P), *want = make_reals(s.P);
    plan_t *plan = NULL;
    assert_ok(plan_by(NULL, &plan));
    force_kernel(plan, "gradient", "cblas-transposed", text, sizeof text);
    force_kernel(plan, "forward", "cblas", text + strlen(text), sizeof text - strlen(text));
    force_kernel(plan, "delta", "cblas", text + strlen(text), sizeof text - strlen(text));
    assert_ok(train_by(&options, without));
    options.wisdom = text;
    assert_ok(train_by(&options, got));
    options.planning = BPB_PLAN_CBLAS;
    assert_ok(train_by(&options, want));
    assert_same_bits(s.P, got, want);
    if (chose(plan, "gradient", 1, "tiles"))
        assert_memory_not_equal(got, without, s.P * sizeof *got);
    BPB(plan_destroy)(&plan);
    free(without);
    free(got);
    free(want);
}

static void train__refuses_what_is_no_wisdom(void **state)
{
    (void)state;
    real *theta = make_reals(s.P);
    bpb_train_options options = {.eta = 0.5, .epochs = 1, .batch = B, .wisdom = "junk"};
    assert_int_equal(train_by(&options, theta), BPB_ERR_FORMAT);
    assert_same_bits(s.P, theta, s.theta);
    options.wisdom = WISDOM_TITLE LINE("forward", FORWARD_1, "fastest");
    assert_int_equal(train_by(&options, theta), BPB_ERR_FORMAT);
    assert_same_bits(s.P, theta, s.theta);
    free(theta);
}

static int set_up(void **state)
{
    s = make_subject(&(bpb_net_options){.sizes = units, .n_sizes = 3}, COLS);
    return make_folder(state);
}

static int tear_down(void **state)
{
    free_subject(&s);
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wisdom__makes_an_estimated_plan_again),
        cmocka_unit_test(wisdom__makes_a_measured_plan_again),
        cmocka_unit_test(wisdom__makes_a_plan_of_the_blas_again),
        cmocka_unit_test(wisdom__has_one_line_a_product),
        cmocka_unit_test(plan_wisdom__tells_how_much_it_needs),
        cmocka_unit_test(plan_wisdom__needs_pointers),
        cmocka_unit_test(wisdom__names_the_products_it_knows),
        cmocka_unit_test(wisdom__of_others_changes_nothing),
        cmocka_unit_test(wisdom__of_two_lines_takes_the_last),
        cmocka_unit_test(wisdom__that_is_none_is_refused),
        cmocka_unit_test(wisdom__cut_anywhere_is_harmless),
        cmocka_unit_test(wisdom_file__round_trip),
        cmocka_unit_test(wisdom_save__keeps_the_old_file_from_what_is_none),
        cmocka_unit_test(wisdom_load__refuses_what_is_none),
        cmocka_unit_test(wisdom_load__refuses_junk_of_any_kind),
        cmocka_unit_test(wisdom_file__that_cannot_be),
        cmocka_unit_test(wisdom_file__needs_pointers),
        cmocka_unit_test(train__goes_by_its_wisdom),
        cmocka_unit_test(train__refuses_what_is_no_wisdom),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
