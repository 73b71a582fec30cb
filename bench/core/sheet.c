/* SPDX-License-Identifier: BSD-3-Clause */
#include "sheet.h"

#include <string.h>
#include <time.h>

const char *cpu_vectors(void)
{
#ifdef BENCH_X86_64
    if (__builtin_cpu_supports("avx512f"))
        return "avx512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "avx2";
#endif
    return "generic";
}

/* The value of a line "model name : value" of /proc/cpuinfo. */
static bool model_name(const char *line, char *name, size_t size)
{
    const char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || colon == NULL)
        return false;
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    snprintf(name, size, "%.*s", (int)strcspn(value, "\n"), value);
    return true;
}

static void read_cpu(char *name, size_t size)
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL && !model_name(line, name, size))
        continue;
    fclose(file);
}

static void read_date(char *date, size_t size)
{
    const time_t seconds = time(NULL);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(date, size, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(date, size, "unknown");
}

bpb_status sheet_fill(struct sheet *sheet)
{
    read_cpu(sheet->cpu, sizeof sheet->cpu);
    read_date(sheet->date, sizeof sheet->date);
    return bpb_blas_health(&sheet->blas);
}

static const char *known(const char *text)
{
    return text[0] != '\0' ? text : "unknown";
}

void sheet_print(const struct sheet *sheet, FILE *out)
{
    const bpb_blas_info *blas = &sheet->blas;
    fprintf(out, "machine\n");
    fprintf(out, "  CPU       %s\n", sheet->cpu);
    fprintf(out, "  compiler  %s\n", BENCH_COMPILER);
    fprintf(out, "  flags     %s\n", BENCH_FLAGS);
    fprintf(out, "  BLAS      %s %s, core %s, threads %d (1 while timed)\n", blas->library,
            known(blas->version), known(blas->core), blas->threads);
    if (blas->below_cpu)
        fprintf(out, "            BELOW THE CPU: the core should be %s\n", known(blas->best_core));
    fprintf(out, "  bpblas    %s, kernels %s\n", bpb_version(), blas->simd);
    fprintf(out, "  peak      multiply-add chains, %s vectors, one thread\n", cpu_vectors());
    fprintf(out, "  date      %s\n", sheet->date);
}

void sheet_json(const struct sheet *sheet, struct json *machine)
{
    const bpb_blas_info *blas = &sheet->blas;
    json_string(machine, "cpu", sheet->cpu);
    json_string(machine, "compiler", BENCH_COMPILER);
    json_string(machine, "flags", BENCH_FLAGS);
    json_string(machine, "blas", blas->library);
    json_string(machine, "blas_version", blas->version);
    json_string(machine, "core", blas->core);
    json_string(machine, "best_core", blas->best_core);
    json_number(machine, "blas_threads", blas->threads);
    json_number(machine, "below_cpu", blas->below_cpu);
    json_string(machine, "bpblas", bpb_version());
    json_string(machine, "simd", blas->simd);
    json_string(machine, "peak_vectors", cpu_vectors());
    json_string(machine, "date", sheet->date);
}
