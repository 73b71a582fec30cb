/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/output.h"
#include "cli/common/say.h"
#include "cli/table/pairs_tmpl.h"
#include "explain_page.h"
#include "explain_tmpl.h"
#include "base/tmpl.h"

/* ---- One pass ---- */

/* E and all that a work keeps of these samples. A loss that is not finite is said at the end. */
static int pass(struct explanation *explained, view_t X, targets_t T)
{
    const bpb_status status =
        BPB(gradient)(explained->net, explained->work, X, T, explained->gradient, &explained->E);
    explained->is_nonfinite |= status == BPB_NONFINITE;
    return status < 0 ? complain_status(status, "explain", explained->settings->pairs.model)
                      : CODE_FINE;
}

static int prepare(struct explanation *explained, size_t batch)
{
    const size_t parameters = BPB(net_parameters)(explained->net);
    const bpb_plan_options options = {.batch = batch, .unpadded = 1, .keep_Z = 1};
    bpb_status status = BPB(plan_create)(&explained->plan, explained->net, &options);
    if (status == BPB_OK)
        status = BPB(work_create)(&explained->work, explained->plan);
    if (status == BPB_OK) /* its size was checked when the net was made */
        explained->gradient = malloc(parameters * sizeof *explained->gradient);
    if (status == BPB_OK && !explained->gradient)
        status = BPB_ERR_MEMORY;
    return status == BPB_OK ? CODE_FINE : complain_status(status, "hold", "these samples' passes");
}

/* ---- Small nets: copies in double ---- */

static int check_limits(const net_t *net, size_t samples)
{
    const size_t L = BPB(net_layers)(net);
    size_t weights = 0;
    ATTEMPT(explain_limit(L, EXPLAIN_LAYERS, "layers"));
    ATTEMPT(explain_limit(BPB(net_size)(net, 0), EXPLAIN_UNITS, "inputs"));
    for (size_t l = 1; l <= L; l++) {
        ATTEMPT(explain_limit(BPB(net_size)(net, l), EXPLAIN_UNITS, "units in a layer"));
        weights += BPB(net_size)(net, l) * BPB(net_size)(net, l - 1);
    }
    ATTEMPT(explain_limit(weights, EXPLAIN_WEIGHTS, "weights"));
    return explain_limit(samples, EXPLAIN_SAMPLES, "samples");
}

static void copy_vector(explain_vector vector, view_t V)
{
    for (size_t i = 0; i < V.rows; i++)
        vector[i] = (double)V.data[i];
}

static void copy_matrix(explain_matrix matrix, view_t V)
{
    for (size_t i = 0; i < V.rows; i++) {
        for (size_t j = 0; j < V.cols; j++)
            matrix[i][j] = (double)V.data[i + j * V.rows];
    }
}

/* scaling: n of shift, then n of factor; NULL: none */
static bool copy_scaling(explain_vector shift, explain_vector factor, const double *scaling,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        shift[i] = scaling ? (double)(real)scaling[i] : 0.0;
        factor[i] = scaling ? (double)(real)scaling[n + i] : 1.0;
    }
    return scaling;
}

static void copy_net(struct trace *trace, net_t *net)
{
    const size_t L = trace->L = BPB(net_layers)(net);
    for (size_t l = 0; l <= L; l++)
        trace->n[l] = BPB(net_size)(net, l);
    for (size_t l = 1; l <= L; l++) {
        trace->g[l] = BPB(net_layer)(net, l).activation;
        trace->parameter[l] = BPB(net_layer)(net, l).parameter;
        copy_matrix(trace->W[l], BPB(view_of)(BPB(net_W)(net, BPB(net_theta)(net), l)));
        copy_vector(trace->b[l], BPB(view_of)(BPB(net_b)(net, BPB(net_theta)(net), l)));
    }
    trace->loss = BPB(net_loss)(net).kind;
    trace->loss_parameter = BPB(net_loss)(net).parameter;
    trace->scales_in = copy_scaling(trace->in_shift, trace->in_factor,
                                    BPB(net_scaling)(net, BPB_INPUTS), trace->n[0]);
    trace->scales_out = copy_scaling(trace->out_shift, trace->out_factor,
                                     BPB(net_scaling)(net, BPB_OUTPUTS), trace->n[L]);
    trace->digits = BPB_SELECT(17, 9);
}

static void copy_pass(struct trace *trace, const struct explanation *explained)
{
    trace->E = explained->E;
    copy_vector(trace->a[0], BPB(work_layer)(explained->work, 0).A);
    for (size_t l = 1; l <= trace->L; l++) {
        const layer_t layer = BPB(work_layer)(explained->work, l);
        copy_vector(trace->z[l], layer.Z);
        copy_vector(trace->a[l], layer.A);
        copy_vector(trace->delta[l], layer.D);
        copy_matrix(trace->dW[l], layer.dW);
        copy_vector(trace->db[l], layer.db);
    }
}

/* Sample j of those chosen, on its own. */
static int trace_sample(struct explanation *explained, struct trace *trace, size_t j)
{
    const struct pairs *pairs = &explained->pairs;
    const size_t row = trace->sample = pairs->rows[j];
    const real *x = pairs->X.data + row * pairs->X.ld,
               *T = pairs->T.view.data + row * pairs->T.view.ld;
    trace->targets = pairs->T.view.rows;
    trace->has_class = pairs->has_classes;
    copy_vector(trace->x, BPB(samples)(x, 1, pairs->X.rows));
    targets_t one = pairs->T;
    one.view = BPB(samples)(T, 1, pairs->T.view.rows);
    copy_vector(trace->T, one.view);
    ATTEMPT(pass(explained, BPB(samples)(x, 1, pairs->X.rows), one));
    copy_pass(trace, explained);
    explain_targets(trace);
    return explain_differences(trace, explained->settings->pairs.model);
}

static int write_text(struct explanation *explained, FILE *file)
{
    struct trace trace = {.L = 0};
    copy_net(&trace, explained->net);
    explain_print_net(file, &trace);
    for (size_t j = 0; j < explained->pairs.count; j++) {
        ATTEMPT(trace_sample(explained, &trace, j));
        explain_print_sample(file, &trace);
    }
    return CODE_FINE;
}

/* ---- The command ---- */

/* What a line-by-line text would be too long for is refused before a file is opened. */
static int check(struct explanation *explained)
{
    if (explained->settings->json)
        return prepare(explained, explained->pairs.count);
    struct trace trace = {.L = 0};
    ATTEMPT(check_limits(explained->net, explained->pairs.count));
    copy_net(&trace, explained->net);
    ATTEMPT(explain_limit(explain_products(&trace, EXPLAIN_PRODUCTS), EXPLAIN_PRODUCTS,
                          "products in a derivative"));
    return prepare(explained, 1);
}

static int write(struct explanation *explained, FILE *file)
{
    if (!explained->settings->json)
        return write_text(explained, file);
    ATTEMPT(pass(explained, explained->pairs.X, explained->pairs.T));
    BPB(explain_json)(file, explained);
    return CODE_FINE;
}

static int write_out(struct explanation *explained)
{
    const char *path = explained->settings->out;
    FILE *file;
    ATTEMPT(output_open(&file, path));
    return output_close(file, path, write(explained, file));
}

static int explain(struct explanation *explained)
{
    const struct explain_settings *settings = explained->settings;
    ATTEMPT(BPB(cli_load)(&explained->net, settings->pairs.model));
    ATTEMPT(BPB(cli_read_pairs)(&explained->pairs, explained->net, &settings->pairs));
    ATTEMPT(check(explained));
    ATTEMPT(write_out(explained));
    if (!explained->is_nonfinite)
        return CODE_FINE;
    complain("the loss, or its derivative, is not finite");
    return CODE_NONFINITE;
}

int BPB(cli_explain)(const struct explain_settings *settings)
{
    struct explanation explained = {.settings = settings};
    const int code = explain(&explained);
    free(explained.gradient);
    BPB(work_destroy)(&explained.work);
    BPB(plan_destroy)(&explained.plan);
    BPB(net_destroy)(&explained.net);
    BPB(cli_free_pairs)(&explained.pairs);
    return code;
}
