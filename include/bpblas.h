/* SPDX-License-Identifier: BSD-3-Clause */
/* libbpblas: all of its interface. Each header can be included alone. */
#ifndef BPBLAS_H
#define BPBLAS_H

#include "bpblas/core.h"
#include "bpblas/functions.h"
#include "bpblas/train.h"
#include "bpblas/derivatives.h"
#include "bpblas/plan.h"
#include "bpblas/model.h"
#include "bpblas/data.h"
#include "bpblas/prepare.h"

#endif
