/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"
#include "model.h"
#include "say.h"
#include "tmpl.h"

int BPB(cli_load)(BPB(net) * *net, const char *path)
{
    const bpb_status status = BPB(net_load)(net, path);
    if (status < 0)
        return complain_model(status, "read the model", path);
    if (status == BPB_NONFINITE)
        complain("warning: the model %s holds a parameter that is not finite", path);
    return CODE_FINE;
}
