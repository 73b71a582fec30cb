// SPDX-License-Identifier: BSD-3-Clause
// A C++14 program that has only the installed header and library: one step lowers the loss.
#include <bpblas.h>
#include <bpblas.h>

#include <cstdio>
#include <vector>

namespace {

bpb_status step(bpbf_net *net, bpbf_work *work, const std::vector<float> &X,
                const std::vector<float> &T, double &before, double &after)
{
    bpb_sgd_rule rule = {};
    rule.eta = 0.1;
    const bpbf_view inputs = bpbf_samples(X.data(), 3, 2);
    const bpbf_targets targets = bpbf_values(bpbf_samples(T.data(), 3, 1));
    bpb_status status = bpbf_sgd_step(net, work, inputs, targets, &rule, &before);
    if (status == BPB_OK)
        status = bpbf_loss(net, work, inputs, targets, &after);
    return status;
}

} // namespace

int main()
{
    const std::vector<float> X = {0.1f, 0.2f, 0.4f, 0.3f, 0.5f, 0.1f}, T = {0.3f, 0.7f, 0.6f};
    const std::vector<std::size_t> sizes = {2, 3, 1};
    bpb_net_options options = {};
    options.sizes = sizes.data();
    options.n_sizes = sizes.size();
    bpbf_net *net = nullptr;
    bpbf_plan *plan = nullptr;
    bpbf_work *work = nullptr;
    double before = 0, after = 0;

    bpb_status status = bpbf_net_create(&net, &options);
    if (status == BPB_OK)
        status = bpbf_plan_create(&plan, net, nullptr);
    if (status == BPB_OK)
        status = bpbf_work_create(&work, plan);
    if (status == BPB_OK)
        status = step(net, work, X, T, before, after);
    bpbf_work_destroy(&work);
    bpbf_plan_destroy(&plan);
    bpbf_net_destroy(&net);
    std::printf("libbpblas %s: %s, loss %g, then %g\n", bpb_version(), bpb_strerror(status), before,
                after);
    return status != BPB_OK || !(after < before);
}
