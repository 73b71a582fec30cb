/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of a test, in a folder of its own. Include after <cmocka.h>. */
#ifndef FILES_H
#define FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined __SSE2__
#include <xmmintrin.h>
#endif

static char folder[4096];

static int make_folder(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/bpblas-XXXXXX", parent && *parent ? parent : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* The path of a file in the folder; good until the fourth call from now. */
static const char *path_of(const char *name)
{
    static char paths[4][4400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", folder, name);
    return path;
}

/* How many files the folder holds; all are removed on the way where that is asked. */
static size_t count_files(int remove_them)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (remove_them && remove(path_of(entry->d_name)) != 0)
            return (size_t)-1;
    }
    if (dir)
        closedir(dir);
    return count;
}

static int remove_folder(void **state)
{
    (void)state;
    count_files(1);
    return rmdir(folder);
}

/* Always a new file: some file systems write one that is truncated to the disk at once. */
static void write_file(const char *path, const void *bytes, size_t n)
{
    remove(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Numbers without any pattern: splitmix64. */
static inline uint64_t bpb_random_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Trap all floating-point exceptions, or none; whether that took. It does not on other processors,
 * for want of a portable call, nor under valgrind. */
static int set_traps(int on)
{
#if defined __SSE2__
    const unsigned flags = 0x3f, masks = 0x1f80, wanted = on ? 0 : masks;
    _mm_setcsr((_mm_getcsr() & ~(flags | masks)) | wanted);
    return (_mm_getcsr() & masks) == wanted;
#else
    return !on;
#endif
}

/* Whether set_traps(1) is still in force; undo it. */
static inline int clear_traps(void)
{
#if defined __SSE2__
    const int kept = (_mm_getcsr() & 0x1f80) == 0;
    return set_traps(0) && kept;
#else
    return 0;
#endif
}

#endif
