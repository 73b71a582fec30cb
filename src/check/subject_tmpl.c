/* SPDX-License-Identifier: BSD-3-Clause */
/* What is checked: each derivative by its public call, and the function beside it. */
#include "check/check_tmpl.h"

static view_t inputs(const struct check *check)
{
    return BPB(samples)(BPB(check_X)(check), check->B, check->n_0);
}

static void widen(size_t n, const real *x, double *wide)
{
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
}

static size_t one(const struct check *check)
{
    (void)check;
    return 1;
}
static size_t parameters(const struct check *check)
{
    return check->P;
}
static size_t all_inputs(const struct check *check)
{
    return check->n_0 * check->B;
}
static size_t outputs(const struct check *check)
{
    return check->n_L;
}
static size_t all_outputs(const struct check *check)
{
    return check->n_L * check->B;
}
static size_t jacobian_entries(const struct check *check)
{
    return check->n_L * check->n_0;
}

/* E */
static bpb_status loss(struct check *check, double *f)
{
    return BPB(loss)(&check->net, check->work, inputs(check), check->T, f);
}

static bpb_status gradient(struct check *check, real *d)
{
    return BPB(gradient)(&check->net, check->work, inputs(check), check->T, d, NULL);
}

static bpb_status gradient_x(struct check *check, real *d)
{
    const out_t dX = BPB(samples_out)(d, check->B, check->n_0);
    return BPB(gradient_x)(&check->net, check->work, inputs(check), check->T, NULL, dX, NULL);
}

/* Y */
static bpb_status forward(struct check *check, double *f)
{
    const out_t Y = BPB(samples_out)(check->staged, check->B, check->n_L);
    TRY(BPB(forward)(&check->net, check->work, inputs(check), Y));
    widen(check->n_L * check->B, check->staged, f);
    return BPB_OK;
}

/* y_j and dy_j/dx_j of one column */
static view_t column(const struct check *check)
{
    return BPB(samples)(BPB(check_X)(check) + check->column * check->n_0, 1, check->n_0);
}

static bpb_status forward_column(struct check *check, double *f)
{
    const out_t y = BPB(samples_out)(check->staged, 1, check->n_L);
    TRY(BPB(forward)(&check->net, check->work, column(check), y));
    widen(check->n_L, check->staged, f);
    return BPB_OK;
}

static bpb_status jacobian(struct check *check, real *d)
{
    const out_t J = BPB(samples_out)(d, 1, check->n_L * check->n_0);
    return BPB(jacobian)(&check->net, check->work, column(check), J);
}

/* J v, V being the direction's part of X */
static bpb_status jvp(struct check *check, real *d)
{
    const real *v = check->direction;
    const view_t V = BPB(samples)(v + check->P, check->B, check->n_0);
    const out_t none = {.data = NULL}, dY = BPB(samples_out)(d, check->B, check->n_L);
    return BPB(jvp)(&check->net, check->work, inputs(check), v, V, none, dY);
}

/* <u, Y> */
static bpb_status weighted_outputs(struct check *check, double *f)
{
    const out_t Y = BPB(samples_out)(check->staged, check->B, check->n_L);
    TRY(BPB(forward)(&check->net, check->work, inputs(check), Y));
    double sum = 0;
    for (size_t i = 0; i < check->n_L * check->B; i++)
        sum += (double)check->U[i] * (double)check->staged[i];
    *f = sum;
    return BPB_OK;
}

static bpb_status vjp(struct check *check, real *d)
{
    const view_t U = BPB(samples)(check->U, check->B, check->n_L);
    const out_t none = {.data = NULL};
    return BPB(vjp)(&check->net, check->work, inputs(check), U, d, none);
}

/* dE/dtheta, as a function */
static bpb_status gradient_values(struct check *check, double *f)
{
    const bpb_status status = gradient(check, check->staged);
    TRY(status);
    widen(check->P, check->staged, f);
    return status;
}

static bpb_status hvp(struct check *check, real *d)
{
    return BPB(hvp)(&check->net, check->work, inputs(check), check->T, check->direction, d, NULL,
                    NULL);
}

const struct subject BPB(subjects)[BPB_CHECKS] = {
    [BPB_CHECK_GRADIENT] = {one, parameters, loss, gradient},
    [BPB_CHECK_INPUTS] = {one, all_inputs, loss, gradient_x},
    [BPB_CHECK_JACOBIAN] = {outputs, jacobian_entries, forward_column, jacobian},
    [BPB_CHECK_JVP] = {all_outputs, all_outputs, forward, jvp},
    [BPB_CHECK_VJP] = {one, parameters, weighted_outputs, vjp},
    [BPB_CHECK_HVP] = {parameters, parameters, gradient_values, hvp},
};
