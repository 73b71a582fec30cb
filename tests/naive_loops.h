/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loops of naive.c for one kind of numbers. Functions of numbers are those of tgmath.h, for
 * any kind; RE is the real part, and LOG1P, EXPM1 and NORMAL what tgmath.h lacks for complex ones.
 */

static NUM KIND(magnitude)(NUM z)
{
    return RE(z) < 0 ? -z : z;
}

/* tanh's argument in GELU's approximation */
static NUM KIND(gelu_inner)(NUM z)
{
    return (NUM)0.797884560802865355879892119868763737L * (z + (NUM)0.044715L * z * z * z);
}

/* g(z), element by element */
static NUM KIND(value)(const struct naive *net, int g, NUM z)
{
    const NUM lambda = (NUM)1.0507009873554805L, alpha = (NUM)1.6732632423543772L;
    switch (g) {
    case BPB_SIGMOID: return 1 / (1 + exp(-z));
    case BPB_TANH: return tanh(z);
    case BPB_RELU: return RE(z) > 0 ? z : 0;
    case BPB_LEAKY_RELU: return RE(z) > 0 ? z : (NUM)net->leak * z;
    case BPB_ELU: return RE(z) > 0 ? z : (NUM)net->elu_alpha * EXPM1(z);
    case BPB_SELU: return lambda * (RE(z) > 0 ? z : alpha * EXPM1(z));
    case BPB_SOFTPLUS: return RE(z) > 0 ? z + LOG1P(exp(-z)) : LOG1P(exp(z));
    case BPB_SOFTSIGN: return z / (1 + KIND(magnitude)(z));
    case BPB_GELU: return z * NORMAL(z);
    case BPB_GELU_TANH: return z / 2 * (1 + tanh(KIND(gelu_inner)(z)));
    case BPB_SILU: return z / (1 + exp(-z));
    case BPB_EXPONENTIAL: return exp(z);
    case NAIVE_SINE: return sin(z);
    default: return z;
    }
}

static NUM KIND(gelu_tanh_slope)(NUM z)
{
    const NUM t = tanh(KIND(gelu_inner)(z));
    const NUM inner = (NUM)0.797884560802865355879892119868763737L * (1 + (NUM)0.134145L * z * z);
    return (1 + t) / 2 + z / 2 * (1 - t) * (1 + t) * inner;
}

/* g'(z) */
static NUM KIND(slope)(const struct naive *net, int g, NUM z, NUM a)
{
    const NUM lambda = (NUM)1.0507009873554805L, alpha = (NUM)1.6732632423543772L;
    const NUM s = 1 / (1 + exp(-z)), u = 1 + KIND(magnitude)(z);
    switch (g) {
    case BPB_SIGMOID: return a * (1 - a);
    case BPB_TANH: return (1 - a) * (1 + a);
    case BPB_RELU: return RE(z) > 0 ? 1 : 0;
    case BPB_LEAKY_RELU: return RE(z) > 0 ? 1 : (NUM)net->leak;
    case BPB_ELU: return RE(z) > 0 ? 1 : (NUM)net->elu_alpha * exp(z);
    case BPB_SELU: return lambda * (RE(z) > 0 ? 1 : alpha * exp(z));
    case BPB_SOFTPLUS: return s;
    case BPB_SOFTSIGN: return 1 / (u * u);
    case BPB_GELU: return NORMAL(z) + z * (NUM)0.398942280401432677939946059934L * exp(-z * z / 2);
    case BPB_GELU_TANH: return KIND(gelu_tanh_slope)(z);
    case BPB_SILU: return s + z * s * (1 - s);
    case BPB_EXPONENTIAL: return a;
    case NAIVE_SINE: return cos(z);
    default: return 1;
    }
}

static void KIND(softmax)(size_t n, const NUM *z, NUM *a)
{
    NUM max = z[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        max = RE(z[i]) > RE(max) ? z[i] : max;
    for (size_t i = 0; i < n; i++)
        sum += a[i] = exp(z[i] - max);
    for (size_t i = 0; i < n; i++)
        a[i] /= sum;
}

static void KIND(activate)(const struct naive *net, size_t l, const NUM *z, NUM *a)
{
    const size_t n = net->n[l];
    if (net->g[l] == BPB_SOFTMAX)
        KIND(softmax)(n, z, a);
    else if (net->g[l] == NAIVE_PRODUCT)
        for (size_t i = 0; i < n; i++)
            a[i] = z[i] * z[(i + 1) % n];
    else
        for (size_t i = 0; i < n; i++)
            a[i] = KIND(value)(net, net->g[l], z[i]);
}

void KIND(naive_forward)(const struct naive *net, const NUM *theta, const NUM *x,
                         struct KIND(naive_column) *column)
{
    const size_t n_0 = net->n[0];
    for (size_t k = 0; k < n_0; k++)
        column->a[0][k] = net->in ? (x[k] - (NUM)net->in[k]) * (NUM)net->in[n_0 + k] : x[k];
    for (size_t l = 1; l <= net->L; l++) {
        const size_t n_in = net->n[l - 1], n_out = net->n[l];
        const NUM *b = theta + n_in * n_out;
        for (size_t i = 0; i < n_out; i++) {
            NUM sum = 0;
            for (size_t k = 0; k < n_in; k++)
                sum += theta[k * n_out + i] * column->a[l - 1][k];
            column->z[l][i] = sum + b[i];
        }
        KIND(activate)(net, l, column->z[l], column->a[l]);
        theta = b + n_out;
    }
}

/* The target of output i, smoothed. */
static NUM KIND(target)(const struct naive *net, const long double *t, size_t i)
{
    const size_t n = net->n[net->L], K = net->g[net->L] == BPB_SOFTMAX ? n : 2;
    const NUM epsilon = (NUM)net->label_smoothing;
    return net->loss == BPB_CROSS_ENTROPY ? (1 - epsilon) * (NUM)t[i] + epsilon / (NUM)K
                                           : (NUM)t[i];
}

/* What one target, at i, has in the loss. */
static NUM KIND(loss_term)(const struct naive *net, const struct KIND(naive_column) *column,
                           const long double *targets, size_t i)
{
    const NUM *a = column->a[net->L];
    const NUM t = KIND(target)(net, targets, i), r = a[i] - t, size = KIND(magnitude)(r);
    const NUM delta = (NUM)net->huber_delta;
    switch (net->loss) {
    case BPB_CROSS_ENTROPY:
        if (net->g[net->L] == BPB_SOFTMAX)
            return -t * log(a[i]);
        return -(t * log(a[i]) + (1 - t) * LOG1P(-a[i]));
    case BPB_HUBER: return RE(size) <= RE(delta) ? r * r / 2 : delta * (size - delta / 2);
    case BPB_ABSOLUTE: return size;
    case BPB_POISSON: return a[i] - t * log(a[i]);
    case BPB_GAUSSIAN:
        return (a[2 * i + 1] + (t - a[2 * i]) * (t - a[2 * i]) * exp(-a[2 * i + 1])) / 2;
    case NAIVE_LOG_COSH: return log(cosh(r));
    case NAIVE_TOTAL: return r;
    case NAIVE_SUM: return a[i];
    default: return r * r / 2;
    }
}

/* Whether target i counts. */
static bool KIND(there)(const struct naive *net, const long double *t, size_t i, bool masked)
{
    if (!masked)
        return true;
    if (!naive_whole_column(net))
        return !isnan(t[i]);
    for (size_t k = 0; k < net->n_T; k++)
        if (isnan(t[k]))
            return false;
    return true;
}

NUM KIND(naive_loss)(const struct naive *net, const struct KIND(naive_column) *column,
                     const long double *t, bool masked)
{
    NUM e = 0;
    for (size_t i = 0; i < net->n_T; i++)
        if (KIND(there)(net, t, i, masked))
            e += KIND(loss_term)(net, column, t, i);
    return net->loss == NAIVE_TOTAL ? e * e / 2 : e;
}

/* de/dz of softmax's cross-entropy, and de/da of 1/2 (sum (a - t))^2: sums over the column */
static void KIND(column_gradient)(const struct naive *net, const NUM *a, const long double *t,
                                  NUM *d)
{
    const size_t n = net->n[net->L];
    NUM sum_t = 0, sum_a = 0;
    for (size_t i = 0; i < n; i++) {
        sum_t += KIND(target)(net, t, i);
        sum_a += a[i];
    }
    for (size_t i = 0; i < n; i++)
        d[i] = net->loss == NAIVE_TOTAL ? sum_a - sum_t : a[i] * sum_t - KIND(target)(net, t, i);
}

/* The derivative of loss_term: sign(r) is r / |r|. */
static void KIND(term_gradient)(const struct naive *net, const NUM *a, const long double *targets,
                                size_t i, NUM *d)
{
    const NUM t = KIND(target)(net, targets, i), r = a[i] - t, size = KIND(magnitude)(r);
    const NUM delta = (NUM)net->huber_delta, sign = RE(r) < 0 ? -1 : 1;
    switch (net->loss) {
    case BPB_HUBER: d[i] = RE(size) <= RE(delta) ? r : delta * sign; break;
    case BPB_ABSOLUTE: d[i] = sign; break;
    case BPB_GAUSSIAN: {
        const NUM miss = a[2 * i] - t, precision = exp(-a[2 * i + 1]);
        d[2 * i] = miss * precision;
        d[2 * i + 1] = (1 - miss * miss * precision) / 2;
        break;
    }
    case NAIVE_LOG_COSH: d[i] = tanh(r); break;
    case NAIVE_SUM: d[i] = 1; break;
    default: d[i] = r; // in a for squared, in z for sigmoid's cross-entropy and for Poisson
    }
}

void KIND(naive_loss_gradient)(const struct naive *net, const struct KIND(naive_column) *column,
                               const long double *t, bool masked, NUM *d)
{
    const NUM *a = column->a[net->L];
    for (size_t i = 0; i < net->n[net->L]; i++)
        d[i] = 0;
    if (naive_whole_column(net)) {
        if (KIND(there)(net, t, 0, masked))
            KIND(column_gradient)(net, a, t, d);
        return;
    }
    for (size_t i = 0; i < net->n_T; i++)
        if (KIND(there)(net, t, i, masked))
            KIND(term_gradient)(net, a, t, i, d);
}

void KIND(naive_through)(const struct naive *net, const struct KIND(naive_column) *column, size_t l,
                         NUM *d)
{
    const size_t n = net->n[l];
    const NUM *z = column->z[l], *a = column->a[l];
    NUM mean = 0, before[NAIVE_WIDTH];
    for (size_t i = 0; i < n; i++) {
        mean += a[i] * d[i];
        before[i] = d[i];
    }
    for (size_t i = 0; i < n; i++) {
        const size_t next = (i + 1) % n, last = (i + n - 1) % n;
        if (net->g[l] == BPB_SOFTMAX)
            d[i] = a[i] * (d[i] - mean);
        else if (net->g[l] == NAIVE_PRODUCT)
            d[i] = before[i] * z[next] + before[last] * z[last];
        else
            d[i] *= KIND(slope)(net, net->g[l], z[i], a[i]);
    }
}

/* gradient of layer l, at this place, += d a_{l-1}^T and d */
static void KIND(add_gradient)(const struct naive *net, const struct KIND(naive_column) *column,
                               size_t l, const NUM *d, NUM *gradient)
{
    for (size_t k = 0; k <= net->n[l - 1]; k++)
        for (size_t i = 0; i < net->n[l]; i++)
            *gradient++ += k < net->n[l - 1] ? d[i] * column->a[l - 1][k] : d[i];
}

/* below = W_l^T d */
static void KIND(turn_back)(const struct naive *net, size_t l, const NUM *W, const NUM *d,
                            NUM *below)
{
    for (size_t k = 0; k < net->n[l - 1]; k++) {
        below[k] = 0;
        for (size_t i = 0; i < net->n[l]; i++)
            below[k] += W[k * net->n[l] + i] * d[i];
    }
}

void KIND(naive_backward)(const struct naive *net, const NUM *theta,
                          const struct KIND(naive_column) *column, const NUM *d, NUM *gradient,
                          NUM *dx)
{
    NUM D[2][NAIVE_WIDTH];
    size_t place = net->P;
    memcpy(D[net->L % 2], d, net->n[net->L] * sizeof *d);
    for (size_t l = net->L; l >= 1; l--) {
        const NUM *its = D[l % 2];
        NUM *below = D[(l - 1) % 2];
        place -= (net->n[l - 1] + 1) * net->n[l];
        if (gradient)
            KIND(add_gradient)(net, column, l, its, gradient + place);
        KIND(turn_back)(net, l, theta + place, its, below);
        if (l > 1)
            KIND(naive_through)(net, column, l - 1, below);
    }
    for (size_t k = 0; dx && k < net->n[0]; k++)
        dx[k] = net->in ? D[0][k] * (NUM)net->in[net->n[0] + k] : D[0][k];
}

static void KIND(outputs)(const struct naive *net, const struct KIND(naive_column) *column, NUM *y)
{
    const size_t n = net->n[net->L];
    for (size_t i = 0; i < n; i++) {
        const NUM a = column->a[net->L][i];
        y[i] = net->out ? (NUM)net->out[i] + (NUM)net->out[n + i] * a : a;
    }
}

NUM KIND(naive_batch)(const struct naive *net, const struct naive_batch *batch, const NUM *theta,
                      const NUM *X, NUM *Y, NUM *gradient, NUM *dX)
{
    const size_t n_0 = net->n[0], n_L = net->n[net->L];
    NUM E = 0, d[NAIVE_WIDTH];
    for (size_t i = 0; gradient && i < net->P; i++)
        gradient[i] = 0;
    for (size_t j = 0; j < batch->B; j++) {
        const long double *t = batch->T + j * net->n_T;
        const NUM factor = (batch->weights ? (NUM)batch->weights[j] : 1) / (NUM)batch->B;
        struct KIND(naive_column) column;
        KIND(naive_forward)(net, theta, X + j * n_0, &column);
        E += factor * KIND(naive_loss)(net, &column, t, batch->masked);
        if (Y)
            KIND(outputs)(net, &column, Y + j * n_L);
        if (!gradient && !dX)
            continue;
        KIND(naive_loss_gradient)(net, &column, t, batch->masked, d);
        if (!naive_loss_of_Z(net))
            KIND(naive_through)(net, &column, net->L, d);
        for (size_t i = 0; i < n_L; i++)
            d[i] *= factor;
        KIND(naive_backward)(net, theta, &column, d, gradient, dX ? dX + j * n_0 : NULL);
    }
    return E;
}

#undef NUM
#undef KIND
#undef RE
#undef LOG1P
#undef EXPM1
#undef NORMAL
