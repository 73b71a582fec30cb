/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine sheet: where the figures were measured. */
#ifndef BENCH_SHEET_H
#define BENCH_SHEET_H

#include <stdio.h>

#include "bench.h"
#include "json_line.h"

struct sheet {
    char cpu[96];
    char date[32]; /* UTC */
    bpb_blas_info blas;
};

/* The widest vectors of this CPU: "avx512", "avx2", or "generic" for the compiler's default. */
const char *cpu_vectors(void);

bpb_status sheet_fill(struct sheet *sheet);

/* As text, and as members of a JSON object. */
void sheet_print(const struct sheet *sheet, FILE *out);
void sheet_json(const struct sheet *sheet, struct json *machine);

#endif
